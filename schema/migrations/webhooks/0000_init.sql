CREATE TABLE `delivery` (
	`webhook_id` text NOT NULL,
	`id` text NOT NULL,
	`event_key` text NOT NULL,
	`state` text NOT NULL,
	`tries` integer NOT NULL,
	`next_at` integer,
	`lease_id` text,
	`created_at` integer NOT NULL,
	`started_at` integer NOT NULL,
	`settled_at` integer,
	`attempts` text NOT NULL,
	PRIMARY KEY(`webhook_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `delivery_open` ON `delivery` (`webhook_id`,`state`,`next_at`) WHERE "delivery"."next_at" is not null;--> statement-breakpoint
CREATE TABLE `event` (
	`key` text PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL
) WITHOUT ROWID;
