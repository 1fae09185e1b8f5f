CREATE TABLE `hours` (
	`account` text NOT NULL,
	`hour_ms` integer NOT NULL,
	`endpoint` text NOT NULL,
	`counts` text NOT NULL,
	PRIMARY KEY(`account`, `hour_ms`, `endpoint`)
) WITHOUT ROWID;
