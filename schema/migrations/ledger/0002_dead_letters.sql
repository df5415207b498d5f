ALTER TABLE `ticket` ADD `stalls` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `ticket` ADD `rest_replayed_by` text;