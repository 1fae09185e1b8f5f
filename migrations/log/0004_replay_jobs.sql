ALTER TABLE `deliveries` ADD `replay_job` text;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `out_of_order` integer;--> statement-breakpoint
CREATE INDEX `deliveries_by_job` ON `deliveries` (`account`,`replay_job`,`accepted_at_ms`,`id`) WHERE replay_job IS NOT NULL;