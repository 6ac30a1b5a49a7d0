ALTER TABLE `one_time_tokens` ADD `withdrawn_at` integer;--> statement-breakpoint
CREATE INDEX `one_time_tokens_user_purpose` ON `one_time_tokens` (`user_id`,`purpose`);--> statement-breakpoint
CREATE INDEX `memberships_community_joined` ON `memberships` (`community_id`,`created_at`,`user_id`);