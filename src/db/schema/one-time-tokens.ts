import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** What a mailed link may do. Typed here only: a CHECK would make each new purpose rebuild the table. */
export type TokenPurpose =
  | 'verify_email'
  | 'revert_email'
  | 'reset_password'
  | 'not_me'
  | 'magic_link'
  | 'invitation'
  /** Given in an answer to whoever proved by code that an address without an account is theirs. */
  | 'signup'
  /** A new address that waits for its code; no link bears it. */
  | 'email_change'

/** Kept 30 days after expiry, so that an old link is told apart from an invented one. No foreign keys: rows outlive what they name. */
export const oneTimeTokens = sqliteTable(
  'one_time_tokens',
  {
    id: text('id').primaryKey(),
    purpose: text('purpose').$type<TokenPurpose>().notNull(),
    /** Version of AUTH_SECRETS that the token is derived with. */
    keyVersion: integer('key_version').notNull(),
    tokenHash: text('token_hash').notNull(),
    userId: text('user_id'),
    communityId: text('community_id'),
    email: text('email').notNull(),
    payload: text('payload', { mode: 'json' }).$type<Record<string, string>>(),
    createdAt: moment('created_at').notNull(),
    expiresAt: moment('expires_at').notNull(),
    usedAt: moment('used_at'),
    /** Id of the request that used it: the rest of that request's batch asks for it. */
    usedBy: text('used_by'),
    /** Of an invitation that was taken back: only who holds the link is told. */
    withdrawnAt: moment('withdrawn_at'),
  },
  (table) => [
    uniqueIndex('one_time_tokens_hash_unique').on(table.tokenHash),
    index('one_time_tokens_community_purpose').on(
      table.communityId,
      table.purpose,
      table.createdAt,
    ),
    index('one_time_tokens_pending_invitations')
      .on(table.communityId, table.expiresAt)
      .where(sql`purpose = 'invitation' AND used_at IS NULL AND withdrawn_at IS NULL`),
    index('one_time_tokens_email_purpose').on(table.email, table.purpose),
    index('one_time_tokens_user_purpose').on(table.userId, table.purpose),
    index('one_time_tokens_expires').on(table.expiresAt),
  ],
)
