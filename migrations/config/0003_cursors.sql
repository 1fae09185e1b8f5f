CREATE TABLE `cursors` (
	`task` text PRIMARY KEY NOT NULL,
	`cursor` text NOT NULL
) WITHOUT ROWID;
