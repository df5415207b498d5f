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
ALTER TABLE `app` ADD `settings` text;--> statement-breakpoint
ALTER TABLE `app` ADD `quotas` text;