CREATE TABLE `alert_progress` (
	`id` integer PRIMARY KEY NOT NULL,
	`after` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `alert_rules` (
	`rule` text PRIMARY KEY NOT NULL,
	`enabled` integer NOT NULL,
	`threshold` real NOT NULL,
	`minimum` real
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`rule` text NOT NULL,
	`account` text NOT NULL,
	`endpoint` text NOT NULL,
	`value` real NOT NULL,
	`threshold` real NOT NULL,
	`detail` text NOT NULL,
	`opened_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`false_since_ms` integer,
	`resolved_at_ms` integer,
	`revision` integer NOT NULL,
	`told_revision` integer NOT NULL,
	`acknowledged_at_ms` integer,
	`acknowledged_by` text,
	`note` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_open` ON `alerts` (`account`,`endpoint`,`rule`) WHERE resolved_at_ms IS NULL;--> statement-breakpoint
CREATE INDEX `alerts_untold` ON `alerts` (`id`) WHERE told_revision < revision;--> statement-breakpoint
CREATE INDEX `alerts_by_account` ON `alerts` (`account`,`id`);--> statement-breakpoint
ALTER TABLE `endpoints` ADD `secret_since_ms` integer;--> statement-breakpoint
UPDATE `endpoints` SET `secret_since_ms` = `created_at_ms` WHERE `removed` = 0;
