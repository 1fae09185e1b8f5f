CREATE TABLE `accounts` (
	`account` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`name` text NOT NULL,
	`payload_days` integer NOT NULL,
	`log_days` integer NOT NULL,
	`created_at_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `accounts_by_creation` ON `accounts` (`created_at_ms`);--> statement-breakpoint
CREATE TABLE `endpoints` (
	`account` text NOT NULL,
	`id` text NOT NULL,
	`revision` integer NOT NULL,
	`url` text NOT NULL,
	`description` text NOT NULL,
	`event_types` text NOT NULL,
	`external_id` text,
	`ordering` text NOT NULL,
	`status` text NOT NULL,
	`status_reason` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`removed` integer NOT NULL,
	PRIMARY KEY(`account`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `endpoints_by_id` ON `endpoints` (`id`);
