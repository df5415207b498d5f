CREATE TABLE `entry` (
	`sequence` integer PRIMARY KEY NOT NULL,
	`once` text,
	`record` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `entry_once` ON `entry` (`once`) WHERE "entry"."once" is not null;--> statement-breakpoint
CREATE TABLE `intent` (
	`id` text PRIMARY KEY NOT NULL,
	`begun_at` integer NOT NULL,
	`record` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `refusal` (
	`actor` text PRIMARY KEY NOT NULL,
	`begun_at` integer NOT NULL,
	`record` text NOT NULL
) WITHOUT ROWID;
