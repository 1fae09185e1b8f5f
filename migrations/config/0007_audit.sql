CREATE TABLE `audit` (
	`id` text PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL,
	`by` text NOT NULL,
	`action` text NOT NULL,
	`account` text,
	`target` text,
	`detail` text,
	`changes` text
) WITHOUT ROWID;
