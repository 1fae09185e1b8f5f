CREATE TABLE `faults` (
	`kind` text NOT NULL,
	`account` text NOT NULL,
	`subject` text NOT NULL,
	`detail` text NOT NULL,
	`at_ms` integer NOT NULL,
	PRIMARY KEY(`kind`, `account`, `subject`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `faults_by_time` ON `faults` (`at_ms`);