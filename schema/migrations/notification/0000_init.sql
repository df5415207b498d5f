CREATE TABLE `receipt` (
	`device_id` text NOT NULL,
	`event` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`device_id`, `event`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `exception` (
	`notification_id` text NOT NULL,
	`ticket` integer NOT NULL,
	`ordinal` integer NOT NULL,
	`device_id` text NOT NULL,
	`user_id` text,
	`status` text NOT NULL,
	`reason` text,
	`attempts` integer NOT NULL,
	`retry_at` integer,
	`retire_as_of_at` integer,
	`address` text,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`notification_id`, `ticket`, `ordinal`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `fanout` (
	`notification_id` text PRIMARY KEY NOT NULL,
	`app_id` text NOT NULL,
	`message` text NOT NULL,
	`guarantee` text NOT NULL,
	`expires_at` integer NOT NULL,
	`opened_seq` integer NOT NULL,
	`opened_at` integer NOT NULL,
	`state` text NOT NULL,
	`cut_after` text,
	`ticket_count` integer NOT NULL,
	`canceled_at` integer
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `member` (
	`platform` text NOT NULL,
	`slot` integer NOT NULL,
	`device_id` text NOT NULL,
	`joined_seq` integer NOT NULL,
	`left_seq` integer,
	`user_id` text,
	`address_kind` text NOT NULL,
	`address` text NOT NULL,
	PRIMARY KEY(`platform`, `slot`, `device_id`, `joined_seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `ticket` (
	`notification_id` text NOT NULL,
	`number` integer NOT NULL,
	`platform` text NOT NULL,
	`from_slot` integer NOT NULL,
	`from_device` text NOT NULL,
	`to_slot` integer NOT NULL,
	`to_device` text NOT NULL,
	`size` integer NOT NULL,
	`done` blob NOT NULL,
	`accepted` integer NOT NULL,
	`unregistered` integer NOT NULL,
	`failed` integer NOT NULL,
	`suppressed` integer NOT NULL,
	`expired` integer NOT NULL,
	`canceled` integer NOT NULL,
	`rest_status` text,
	`rest_reason` text,
	`lease_id` text,
	`leased_at` integer,
	`leased_until` integer,
	`wake_at` integer,
	`retires` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`notification_id`, `number`)
) WITHOUT ROWID;
