CREATE TABLE `api_key` (
	`app_id` text NOT NULL,
	`id` text NOT NULL,
	`key_hash` text NOT NULL,
	`role` text NOT NULL,
	`name` text,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	PRIMARY KEY(`app_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `api_key_hash` ON `api_key` (`key_hash`);--> statement-breakpoint
CREATE TABLE `app` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `credential` (
	`app_id` text NOT NULL,
	`platform` text NOT NULL,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	`shown` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `platform`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `device` (
	`app_id` text NOT NULL,
	`id` text NOT NULL,
	`platform` text NOT NULL,
	`address_kind` text NOT NULL,
	`address` text NOT NULL,
	`address_hash` text NOT NULL,
	`slot` integer NOT NULL,
	`user_id` text,
	`locale` text,
	`timezone` text,
	`app_version` text,
	`attributes` text NOT NULL,
	`registered_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`retired_at` integer,
	`retired_reason` text,
	PRIMARY KEY(`app_id`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `device_address` ON `device` (`app_id`,`address_hash`);--> statement-breakpoint
CREATE INDEX `device_user` ON `device` (`app_id`,`user_id`) WHERE "device"."user_id" is not null;--> statement-breakpoint
CREATE TABLE `topic_device` (
	`app_id` text NOT NULL,
	`device_id` text NOT NULL,
	`topic` text NOT NULL,
	PRIMARY KEY(`app_id`, `device_id`, `topic`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `topic` (
	`app_id` text NOT NULL,
	`name` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `name`)
) WITHOUT ROWID;
