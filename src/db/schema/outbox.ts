import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** What leaves the database after a commit: a mail, a POST to whom alerts are told, or a call to an account guard. */
export type OutboxKind = 'mail' | 'webhook' | 'guard_device' | 'guard_clear' | 'guard_forget'

export type AlertEvent = 'alert.started' | 'alert.ended'

export type MailTemplate =
  | 'signup_confirmation'
  | 'signup_existing_account'
  | 'verify_email'
  | 'community_under_review'
  | 'community_approved'
  | 'community_rejected'
  | 'community_suspended'
  | 'community_reinstated'
  | 'password_reset'
  | 'password_changed'
  | 'set_password'
  | 'refresh_reused'
  | 'account_locked'
  | 'new_device'
  | 'otp_code'
  | 'invitation'
  | 'email_change_code'
  | 'email_change_notice'
  | 'email_change_taken'
  | 'account_deleted'
  | 'alert_started'
  | 'alert_ended'

export interface OutboxPayload {
  /** Reason given by the reviewer (community_rejected, community_suspended). */
  reason?: string
  /** Device that the guard shall know (guard_device), forget (guard_forget) or keep (guard_clear with `forgetDevices`). */
  deviceId?: string
  /** Failures up to this moment are cleared (guard_clear), devices used up to it forgotten (guard_forget), ms UTC. */
  before?: number
  /** With guard_clear: the devices used up to `before` are forgotten too, but for `deviceId`, which is known from then on. */
  forgetDevices?: boolean
  /** Session whose device, place and time the mail tells (new_device). */
  sessionId?: string
  /** Who invites (invitation). */
  senderId?: string
  /** What the mailed code is derived from (otp_code, email_change_code), and the version of AUTH_SECRETS that it is derived with. */
  challengeId?: string
  keyVersion?: number
  /** When an admin last had a failed mail sent again, ms UTC: its attempts count from then, under another key at the provider. */
  retriedAt?: number
  /** Which alert is told of (alert_started, alert_ended, webhook), what of it (webhook), and the count at that moment. */
  alertId?: string
  event?: AlertEvent
  count?: number
}

/** Who asked for a mail, for the send caps: a stranger, or a device or person that the account knows. */
export const STRANGERS_LANE = 'strangers'

/** The lane of a known device or a signed-in person; the strangers' without one. */
export function mailLane(knownId: string | undefined): string {
  return knownId === undefined ? STRANGERS_LANE : `known:${knownId}`
}

/** SQL over a row of `outbox`: states of a mail. The indexes are found by these very words, so they are never parameters. */
export const isQueuedMail = sql`kind = 'mail' AND sent_at IS NULL AND failed_at IS NULL`
export const isSentMail = sql`kind = 'mail' AND sent_at IS NOT NULL`
export const isFailedMail = sql`kind = 'mail' AND failed_at IS NOT NULL`

/** Written in the batch of the command it belongs to. Carries ids, never a link or a code: the consumer derives those. */
export const outbox = sqliteTable(
  'outbox',
  {
    id: text('id').primaryKey(),
    kind: text('kind').$type<OutboxKind>().notNull(),
    template: text('template').$type<MailTemplate>(),
    locale: text('locale', { enum: ['en', 'zh'] })
      .notNull()
      .default('en'),
    /** Recipient, or the address whose guard is meant. */
    email: text('email').notNull(),
    /** Keyed hash of the address: what the send caps count by. */
    addressKey: text('address_key').notNull(),
    lane: text('lane').notNull().default(STRANGERS_LANE),
    /** Token whose link the mail carries. */
    tokenId: text('token_id'),
    userId: text('user_id'),
    communityId: text('community_id'),
    payload: text('payload', { mode: 'json' }).$type<OutboxPayload>(),
    requestId: text('request_id'),
    createdAt: moment('created_at').notNull(),
    /** After this a mail is dropped unsent: its secret no longer works. */
    expiresAt: moment('expires_at'),
    /** Not before this moment: grows with each failed attempt. */
    notBefore: moment('not_before').notNull(),
    claimedUntil: moment('claimed_until'),
    attempts: integer('attempts').notNull().default(0),
    sentAt: moment('sent_at'),
    failedAt: moment('failed_at'),
    lastError: text('last_error'),
    providerMessageId: text('provider_message_id'),
  },
  (table) => [
    index('outbox_unfinished')
      .on(table.notBefore)
      .where(sql`sent_at IS NULL AND failed_at IS NULL`),
    index('outbox_address_lane_created').on(table.addressKey, table.lane, table.createdAt),
    index('outbox_created').on(table.createdAt),
    index('outbox_user').on(table.userId).where(sql`user_id IS NOT NULL`),
    index('outbox_sent').on(table.sentAt).where(sql`sent_at IS NOT NULL`),
    // What admins look through, newest first; who asks for one of them says it in the same words.
    index('outbox_mails_queued').on(table.id).where(isQueuedMail),
    index('outbox_mails_sent').on(table.id).where(isSentMail),
    index('outbox_mails_failed').on(table.id).where(isFailedMail),
  ],
)
