DROP INDEX `alerts_untold`;--> statement-breakpoint
ALTER TABLE `alerts` ADD `tell_failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `alerts` ADD `tell_after_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `alerts` ADD `owner_revision` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `alerts` ADD `owner_failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `alerts` ADD `owner_after_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `alerts` SET `owner_revision` = `told_revision`;--> statement-breakpoint
CREATE INDEX `alerts_to_operator` ON `alerts` (`account`,`id`) WHERE told_revision < revision;--> statement-breakpoint
CREATE INDEX `alerts_to_owners` ON `alerts` (`account`,`id`) WHERE owner_revision < revision AND account <> '';