import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'
import { communities } from './communities.ts'

/** What the signup form tells of its owner. None of it grants anything. */
export interface UserProfile {
  location?: string
  primaryRole?: string
  skills?: string[]
  areaOfInterest?: string[]
  internalNotes?: string
}

/** So many failures since the last success switch the password off until it is reset (NIST SP 800-63B-4 §3.2.2). */
export const FAILURES_UNTIL_RESET = 100

/** Value of `lock_until` for a lock that only a reset or an admin lifts: the last moment of the year 9999. */
export const LOCKED_UNTIL_RESET = 253_402_300_799_999

export const users = sqliteTable(
  'users',
  {
    id: text('id').primaryKey(),
    /** Trimmed and lower-cased. Unique among verified users only: a mailbox is proven, then it has an account. */
    email: text('email').notNull(),
    passwordHash: text('password_hash'),
    fullName: text('full_name').notNull(),
    profile: text('profile', { mode: 'json' }).$type<UserProfile>(),
    /** Home community. */
    communityId: text('community_id')
      .notNull()
      .references(() => communities.id),
    emailVerifiedAt: moment('email_verified_at'),
    /** Mirror of the account guard: failures since the last success. */
    failedLoginAttempts: integer('failed_login_attempts').notNull().default(0),
    /** Mirror of the account guard: end of the block, or LOCKED_UNTIL_RESET. */
    lockUntil: moment('lock_until'),
    disabledAt: moment('disabled_at'),
    acceptedTermsAt: moment('accepted_terms_at'),
    locale: text('locale', { enum: ['en', 'zh'] })
      .notNull()
      .default('en'),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    uniqueIndex('users_email_verified_unique')
      .on(table.email)
      .where(sql`email_verified_at IS NOT NULL`),
    index('users_email_pending')
      .on(table.email, table.createdAt)
      .where(sql`email_verified_at IS NULL`),
    index('users_community').on(table.communityId),
  ],
)
