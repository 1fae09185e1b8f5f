CREATE TABLE `attempts` (
	`account` text NOT NULL,
	`at_ms` integer NOT NULL,
	`id` text NOT NULL,
	`delivery` text NOT NULL,
	`accepted_at_ms` integer NOT NULL,
	`endpoint` text NOT NULL,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`record` text,
	`number` integer NOT NULL,
	`trigger` text NOT NULL,
	`status_code` integer,
	`error_kind` text,
	`error_message` text,
	`latency_ms` integer NOT NULL,
	`response_headers` text,
	`response_body` text,
	`will_retry` integer NOT NULL,
	`next_attempt_at_ms` integer,
	PRIMARY KEY(`account`, `at_ms`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`account` text NOT NULL,
	`accepted_at_ms` integer NOT NULL,
	`id` text NOT NULL,
	`endpoint` text NOT NULL,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`record` text,
	`sequence` integer NOT NULL,
	`version` integer,
	`occurred_at` text,
	`delivery_count` integer NOT NULL,
	`revision` integer NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`last_at_ms` integer,
	`last_status_code` integer,
	`last_error_kind` text,
	`last_error_message` text,
	`last_latency_ms` integer,
	`next_attempt_at_ms` integer,
	`blocked_by` text,
	`superseded_by` text,
	`replay_of` text,
	`replayed_by` text,
	`reason` text,
	`ended_at_ms` integer,
	`first_at_ms` integer,
	`first_attempt` text,
	PRIMARY KEY(`account`, `accepted_at_ms`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deliveries_by_event` ON `deliveries` (`account`,`event_id`);--> statement-breakpoint
CREATE TABLE `events` (
	`account` text NOT NULL,
	`accepted_at_ms` integer NOT NULL,
	`id` text NOT NULL,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`record` text,
	`sequence` integer NOT NULL,
	`version` integer,
	`occurred_at` text,
	PRIMARY KEY(`account`, `accepted_at_ms`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `events_by_event` ON `events` (`account`,`event_id`);
