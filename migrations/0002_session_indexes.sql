DROP INDEX `sessions_user`;--> statement-breakpoint
CREATE INDEX `sessions_user_revoked` ON `sessions` (`user_id`,`revoked_at`);--> statement-breakpoint
CREATE INDEX `sessions_absolute_expires` ON `sessions` (`absolute_expires_at`);