CREATE TABLE `dead_letter_source` (
	`app_id` text NOT NULL,
	`notification_id` text NOT NULL,
	PRIMARY KEY(`app_id`, `notification_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `stuck_work` (
	`app_id` text NOT NULL,
	`notification_id` text NOT NULL,
	`ledger_kind` text NOT NULL,
	`ledger_name` text NOT NULL,
	`ticket` integer NOT NULL,
	`times` integer NOT NULL,
	`error` text,
	`first_seen_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	PRIMARY KEY(`app_id`, `notification_id`, `ledger_name`, `ticket`)
) WITHOUT ROWID;
