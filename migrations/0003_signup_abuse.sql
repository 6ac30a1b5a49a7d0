CREATE TABLE `email_domains` (
	`domain` text PRIMARY KEY NOT NULL,
	`verdict` text NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	CONSTRAINT "email_domains_verdict_known" CHECK(verdict IN ('allow','deny'))
);
--> statement-breakpoint
CREATE INDEX `email_domains_allowed` ON `email_domains` (`domain`) WHERE verdict = 'allow';--> statement-breakpoint
CREATE TABLE `signup_traces` (
	`community_id` text PRIMARY KEY NOT NULL,
	`ip_key` text,
	`network_key` text,
	`address_key` text NOT NULL,
	`mailbox_key` text NOT NULL,
	`official_address_key` text NOT NULL,
	`official_mailbox_key` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `signup_traces_ip` ON `signup_traces` (`ip_key`,`created_at`);--> statement-breakpoint
CREATE INDEX `signup_traces_network` ON `signup_traces` (`network_key`,`created_at`);--> statement-breakpoint
CREATE INDEX `signup_traces_mailbox` ON `signup_traces` (`mailbox_key`,`address_key`);--> statement-breakpoint
CREATE INDEX `signup_traces_official_mailbox` ON `signup_traces` (`official_mailbox_key`,`official_address_key`);--> statement-breakpoint
CREATE INDEX `signup_traces_created` ON `signup_traces` (`created_at`);--> statement-breakpoint
CREATE INDEX `audit_logs_community_life` ON `audit_logs` (`community_id`,`id`) WHERE action GLOB 'community_*';--> statement-breakpoint
CREATE INDEX `communities_status_id` ON `communities` (`status`,`id`);