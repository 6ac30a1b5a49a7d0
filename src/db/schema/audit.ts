import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** The audit actions of the contract, and what admins do beyond it. Typed here only, never in a CHECK. */
export const AUDIT_ACTIONS = [
  'community_signup',
  'user_created',
  'email_verified',
  'login_success',
  'login_failed',
  'account_blocked',
  'account_locked',
  'account_unlocked',
  'account_disabled',
  'account_enabled',
  'logout',
  'session_revoked',
  'refresh_reused',
  'password_reset_requested',
  'password_reset',
  'password_changed',
  'otp_sent',
  'otp_failed',
  'email_change_requested',
  'email_changed',
  'email_change_reverted',
  'invitation_sent',
  'invitation_accepted',
  'invitation_revoked',
  'member_role_changed',
  'member_removed',
  'member_left',
  'owner_changed',
  'community_under_review',
  'community_approved',
  'community_activated',
  'community_rejected',
  'community_suspended',
  'community_reinstated',
  'community_updated',
  'community_closed',
  'community_expired',
  'logo_changed',
  'suspicious_signup',
  'email_failed',
  'email_retried',
  'email_domain_changed',
  'audit_exported',
  'audit_read',
  'admin_created',
  'account_exported',
  'account_deleted',
] as const

export type AuditAction = (typeof AUDIT_ACTIONS)[number]

/**
 * SQL over a row of `audit_logs`: it tells of the community's own life. The index is found by these very words, so they
 * are never a parameter.
 */
export const isOfCommunityLife = sql`action GLOB 'community_*'`

/** Append-only by trigger; rows leave only after they are archived. No foreign keys: rows outlive what they name. */
export const auditLogs = sqliteTable(
  'audit_logs',
  {
    /** UUIDv7: rows sort by the moment they were written. */
    id: text('id').primaryKey(),
    action: text('action').$type<AuditAction>().notNull(),
    /** Who did it; NULL for the system and for people without an account. */
    actorId: text('actor_id'),
    /** Whom it concerns. */
    userId: text('user_id'),
    communityId: text('community_id'),
    ip: text('ip'),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
    details: text('details', { mode: 'json' }).$type<Record<string, unknown>>(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    index('audit_logs_action').on(table.action, table.id),
    index('audit_logs_actor').on(table.actorId, table.id),
    index('audit_logs_user').on(table.userId, table.id),
    index('audit_logs_community').on(table.communityId, table.id),
    // Without the logins of its members.
    index('audit_logs_community_life').on(table.communityId, table.id).where(isOfCommunityLife),
  ],
)

/** Rows of the audit log up to `lastId` have left for R2. */
export const auditArchives = sqliteTable('audit_archives', {
  lastId: text('last_id').primaryKey(),
  objectKey: text('object_key').notNull(),
  rowCount: integer('row_count').notNull(),
  sha256: text('sha256').notNull(),
  createdAt: moment('created_at').notNull(),
})
