CREATE TABLE `change` (
	`number` integer PRIMARY KEY NOT NULL,
	`platform` text NOT NULL,
	`slot` integer NOT NULL,
	`device_id` text NOT NULL
) WITHOUT ROWID;
