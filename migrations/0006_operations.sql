CREATE TABLE `alerts` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`threshold` integer NOT NULL,
	`peak` integer NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_open_unique` ON `alerts` (`kind`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE TABLE `job_progress` (
	`job` text PRIMARY KEY NOT NULL,
	`up_to` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `logo_garbage` (
	`key` text PRIMARY KEY NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `logo_garbage_created` ON `logo_garbage` (`created_at`);--> statement-breakpoint
CREATE INDEX `outbox_user` ON `outbox` (`user_id`) WHERE user_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `outbox_sent` ON `outbox` (`sent_at`) WHERE sent_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `outbox_mails_queued` ON `outbox` (`id`) WHERE kind = 'mail' AND sent_at IS NULL AND failed_at IS NULL;--> statement-breakpoint
CREATE INDEX `outbox_mails_sent` ON `outbox` (`id`) WHERE kind = 'mail' AND sent_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `outbox_mails_failed` ON `outbox` (`id`) WHERE kind = 'mail' AND failed_at IS NOT NULL;