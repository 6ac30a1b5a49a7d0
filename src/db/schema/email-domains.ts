import { sql } from 'drizzle-orm'
import { check, index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

export const EMAIL_DOMAIN_VERDICTS = ['allow', 'deny'] as const

export type EmailDomainVerdict = (typeof EMAIL_DOMAIN_VERDICTS)[number]

/**
 * Domains that addresses may or may not have. A migration fills it with providers of disposable addresses; admins edit
 * it. The entry that names most of an address's domain counts: `deny` for a domain holds for what is beneath it too,
 * unless that is allowed.
 */
export const emailDomains = sqliteTable(
  'email_domains',
  {
    /** As it is in DNS: A-labels, lower case. */
    domain: text('domain').primaryKey(),
    verdict: text('verdict', { enum: EMAIL_DOMAIN_VERDICTS }).notNull(),
    /** The admin whose verdict it is; NULL for an entry of the list that came with a migration. */
    decidedBy: text('decided_by'),
    decidedAt: moment('decided_at'),
  },
  (table) => [
    // The few among the thousands that are denied; who asks for them says it in the same words.
    index('email_domains_allowed').on(table.domain).where(sql`verdict = 'allow'`),
    check('email_domains_verdict_known', sql`verdict IN ('allow','deny')`),
  ],
)
