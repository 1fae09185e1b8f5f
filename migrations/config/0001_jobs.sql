CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`kind` text NOT NULL,
	`account` text,
	`endpoint` text,
	`event` text,
	`status` text NOT NULL,
	`total` integer NOT NULL,
	`done` integer NOT NULL,
	`failed` integer NOT NULL,
	`skipped` integer NOT NULL,
	`by` text NOT NULL,
	`reason` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`ended_at_ms` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `jobs_by_creation` ON `jobs` (`created_at_ms`,`id`);--> statement-breakpoint
CREATE INDEX `jobs_by_account` ON `jobs` (`account`,`id`);