CREATE TABLE `job_cursor` (
	`job` text PRIMARY KEY NOT NULL,
	`started_at` integer NOT NULL,
	`after` text,
	`stepped_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `app` ADD `deleted_at` integer;--> statement-breakpoint
CREATE INDEX `app_deleted` ON `app` (`id`) WHERE "app"."deleted_at" is not null;--> statement-breakpoint
ALTER TABLE `device` ADD `quarantined_at` integer;--> statement-breakpoint
ALTER TABLE `device` ADD `seen_at` integer;--> statement-breakpoint
CREATE INDEX `device_quarantine` ON `device` (`app_id`,`platform`,`quarantined_at`,`id`) WHERE "device"."quarantined_at" is not null;--> statement-breakpoint
ALTER TABLE `topic_device` ADD `joined_at` integer;--> statement-breakpoint
ALTER TABLE `topic` ADD `deleted_at` integer;--> statement-breakpoint
CREATE INDEX `topic_deleted` ON `topic` (`app_id`,`name`) WHERE "topic"."deleted_at" is not null;