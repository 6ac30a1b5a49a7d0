CREATE TABLE `_assert` (
	`v` integer,
	CONSTRAINT "assert_holds" CHECK(v = 1)
);
--> statement-breakpoint
CREATE TABLE `audit_archives` (
	`last_id` text PRIMARY KEY NOT NULL,
	`object_key` text NOT NULL,
	`row_count` integer NOT NULL,
	`sha256` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_logs` (
	`id` text PRIMARY KEY NOT NULL,
	`action` text NOT NULL,
	`actor_id` text,
	`user_id` text,
	`community_id` text,
	`ip` text,
	`user_agent` text,
	`request_id` text,
	`details` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_logs_action` ON `audit_logs` (`action`,`id`);--> statement-breakpoint
CREATE INDEX `audit_logs_actor` ON `audit_logs` (`actor_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_logs_user` ON `audit_logs` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `audit_logs_community` ON `audit_logs` (`community_id`,`id`);--> statement-breakpoint
CREATE TABLE `communities` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`name_key` text NOT NULL,
	`slug_base` text NOT NULL,
	`slug_number` integer NOT NULL,
	`slug` text GENERATED ALWAYS AS (CASE slug_number WHEN 0 THEN slug_base ELSE slug_base || '-' || slug_number END) STORED NOT NULL,
	`status` text NOT NULL,
	`bio` text NOT NULL,
	`official_email` text,
	`contact_phone` text,
	`website` text,
	`domain` text,
	`country` text NOT NULL,
	`city` text NOT NULL,
	`timezone` text,
	`social_links` text,
	`logo` text,
	`risk_signals` text,
	`created_by` text,
	`status_reason` text,
	`reviewed_by` text,
	`reviewed_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`is_deleted` integer DEFAULT false NOT NULL,
	CONSTRAINT "communities_status_known" CHECK(status IN ('pending','under_review','approved','active','rejected','suspended'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `communities_name_key_unique` ON `communities` (`name_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `communities_slug_unique` ON `communities` (`slug`);--> statement-breakpoint
CREATE INDEX `communities_slug_base_number` ON `communities` (`slug_base`,`slug_number`);--> statement-breakpoint
CREATE UNIQUE INDEX `communities_official_email_unique` ON `communities` (`official_email`);--> statement-breakpoint
CREATE UNIQUE INDEX `communities_domain_unique` ON `communities` (`domain`);--> statement-breakpoint
CREATE INDEX `communities_status_created` ON `communities` (`status`,`created_at`);--> statement-breakpoint
CREATE INDEX `communities_logo` ON `communities` (`logo`) WHERE logo IS NOT NULL;--> statement-breakpoint
CREATE TABLE `hourly_counters` (
	`hour` integer NOT NULL,
	`event` text NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`hour`, `event`)
);
--> statement-breakpoint
CREATE TABLE `dev_mails` (
	`id` text PRIMARY KEY NOT NULL,
	`to` text NOT NULL,
	`subject` text NOT NULL,
	`template` text NOT NULL,
	`locale` text NOT NULL,
	`text` text NOT NULL,
	`html` text NOT NULL,
	`link` text,
	`code` text,
	`sent_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dev_mails_to` ON `dev_mails` (`to`,`sent_at`);--> statement-breakpoint
CREATE INDEX `dev_mails_sent` ON `dev_mails` (`sent_at`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`key_hash` text PRIMARY KEY NOT NULL,
	`fingerprint` text NOT NULL,
	`status` integer NOT NULL,
	`response` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_expires` ON `idempotency_keys` (`expires_at`);--> statement-breakpoint
CREATE TABLE `memberships` (
	`user_id` text NOT NULL,
	`community_id` text NOT NULL,
	`role` text NOT NULL,
	`last_used_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `community_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`community_id`) REFERENCES `communities`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "memberships_role_known" CHECK(role IN ('CommunityOwner','Moderator','Member','Admin')),
	CONSTRAINT "memberships_admin_in_platform" CHECK(role <> 'Admin' OR community_id = '00000000-0000-7000-8000-000000000000')
);
--> statement-breakpoint
CREATE INDEX `memberships_community` ON `memberships` (`community_id`,`role`);--> statement-breakpoint
CREATE TABLE `one_time_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`key_version` integer NOT NULL,
	`token_hash` text NOT NULL,
	`user_id` text,
	`community_id` text,
	`email` text NOT NULL,
	`payload` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	`used_by` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `one_time_tokens_hash_unique` ON `one_time_tokens` (`token_hash`);--> statement-breakpoint
CREATE INDEX `one_time_tokens_community_purpose` ON `one_time_tokens` (`community_id`,`purpose`);--> statement-breakpoint
CREATE INDEX `one_time_tokens_email_purpose` ON `one_time_tokens` (`email`,`purpose`);--> statement-breakpoint
CREATE INDEX `one_time_tokens_expires` ON `one_time_tokens` (`expires_at`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`template` text,
	`locale` text DEFAULT 'en' NOT NULL,
	`email` text NOT NULL,
	`address_key` text NOT NULL,
	`lane` text DEFAULT 'strangers' NOT NULL,
	`token_id` text,
	`user_id` text,
	`community_id` text,
	`payload` text,
	`request_id` text,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`not_before` integer NOT NULL,
	`claimed_until` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`sent_at` integer,
	`failed_at` integer,
	`last_error` text,
	`provider_message_id` text
);
--> statement-breakpoint
CREATE INDEX `outbox_unfinished` ON `outbox` (`not_before`) WHERE sent_at IS NULL AND failed_at IS NULL;--> statement-breakpoint
CREATE INDEX `outbox_address_lane_created` ON `outbox` (`address_key`,`lane`,`created_at`);--> statement-breakpoint
CREATE INDEX `outbox_created` ON `outbox` (`created_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`community_id` text NOT NULL,
	`device_id` text NOT NULL,
	`transport` text NOT NULL,
	`token_hash` text NOT NULL,
	`previous_token_hash` text,
	`generation` integer NOT NULL,
	`rotated_at` integer,
	`created_at` integer NOT NULL,
	`last_active_at` integer NOT NULL,
	`idle_expires_at` integer NOT NULL,
	`absolute_expires_at` integer NOT NULL,
	`revoked_at` integer,
	`revoke_reason` text,
	`ip` text,
	`user_agent` text,
	`country` text,
	`city` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`community_id`) REFERENCES `communities`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_live_device_unique` ON `sessions` (`user_id`,`device_id`) WHERE revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_community` ON `sessions` (`community_id`);--> statement-breakpoint
CREATE INDEX `sessions_live_community` ON `sessions` (`community_id`) WHERE revoked_at IS NULL;--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`password_hash` text,
	`full_name` text NOT NULL,
	`profile` text,
	`community_id` text NOT NULL,
	`email_verified_at` integer,
	`failed_login_attempts` integer DEFAULT 0 NOT NULL,
	`lock_until` integer,
	`disabled_at` integer,
	`accepted_terms_at` integer,
	`locale` text DEFAULT 'en' NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`community_id`) REFERENCES `communities`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_verified_unique` ON `users` (`email`) WHERE email_verified_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `users_email_pending` ON `users` (`email`,`created_at`) WHERE email_verified_at IS NULL;--> statement-breakpoint
CREATE INDEX `users_community` ON `users` (`community_id`);