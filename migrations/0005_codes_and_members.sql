DROP INDEX `one_time_tokens_community_purpose`;--> statement-breakpoint
ALTER TABLE `one_time_tokens` ADD `withdrawn_at` integer;--> statement-breakpoint
CREATE INDEX `one_time_tokens_pending_invitations` ON `one_time_tokens` (`community_id`,`expires_at`) WHERE purpose = 'invitation' AND used_at IS NULL AND withdrawn_at IS NULL;--> statement-breakpoint
CREATE INDEX `one_time_tokens_user_purpose` ON `one_time_tokens` (`user_id`,`purpose`);--> statement-breakpoint
CREATE INDEX `one_time_tokens_community_purpose` ON `one_time_tokens` (`community_id`,`purpose`,`created_at`);--> statement-breakpoint
CREATE INDEX `memberships_community_joined` ON `memberships` (`community_id`,`created_at`,`user_id`);