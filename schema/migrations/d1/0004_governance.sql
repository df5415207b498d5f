CREATE TABLE `app_role` (
	`app_id` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`topics` text,
	`categories` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `app_secret` (
	`app_id` text NOT NULL,
	`use` text NOT NULL,
	`id` text NOT NULL,
	`sealed` blob NOT NULL,
	`created_at` integer NOT NULL,
	`retired_at` integer,
	`expires_at` integer,
	PRIMARY KEY(`app_id`, `use`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `app_secret_expiry` ON `app_secret` (`expires_at`) WHERE "app_secret"."expires_at" is not null;--> statement-breakpoint
CREATE TABLE `attestation` (
	`app_id` text PRIMARY KEY NOT NULL,
	`provider` text NOT NULL,
	`sealed` blob NOT NULL,
	`updated_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `device_key` (
	`app_id` text NOT NULL,
	`device_id` text NOT NULL,
	`generation` integer NOT NULL,
	`previous_valid_until` integer,
	`ended_at` integer,
	PRIMARY KEY(`app_id`, `device_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `webhook` (
	`app_id` text NOT NULL,
	`id` text NOT NULL,
	`url` text NOT NULL,
	`events` text NOT NULL,
	`description` text,
	`enabled` integer NOT NULL,
	`disabled_reason` text,
	`disabled_at` integer,
	`sealed` blob NOT NULL,
	`previous_sealed` blob,
	`previous_expires_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `api_key` ADD `last_used_at` integer;--> statement-breakpoint
ALTER TABLE `api_key` ADD `places` text;--> statement-breakpoint
ALTER TABLE `api_key` ADD `replaces` text;--> statement-breakpoint
ALTER TABLE `api_key` ADD `replaced_by` text;--> statement-breakpoint
ALTER TABLE `app` ADD `settings` text;--> statement-breakpoint
ALTER TABLE `app` ADD `quotas` text;