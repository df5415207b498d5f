ALTER TABLE `exception` ADD `history` text;--> statement-breakpoint
ALTER TABLE `exception` ADD `replayed_by` text;--> statement-breakpoint
ALTER TABLE `fanout` ADD `from_slot` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `fanout` ADD `to_slot` integer DEFAULT 4294967296 NOT NULL;--> statement-breakpoint
ALTER TABLE `fanout` ADD `push_id` text;--> statement-breakpoint
ALTER TABLE `fanout` ADD `push_sequence` integer;--> statement-breakpoint
ALTER TABLE `fanout` ADD `replay_of` text;--> statement-breakpoint
ALTER TABLE `ticket` ADD `outside` integer DEFAULT 0 NOT NULL;