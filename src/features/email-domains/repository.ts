import { and, eq, gt, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { type EmailDomainVerdict, emailDomains } from '../../db/schema/index.ts'
import type { Page } from '../../http/paging.ts'

export type EmailDomainRow = typeof emailDomains.$inferSelect
export type Decision = { [K in keyof EmailDomainRow]: NonNullable<EmailDomainRow[K]> }

export interface ListQuery extends Page {
  /** How the domain begins, in lower case. */
  q?: string | undefined
  verdict?: EmailDomainVerdict | undefined
}

/** Sorts behind every character of a domain. */
const LAST = '\x7f'

/** Entries in the order of their domains; one more than the page holds where there are more. */
export function listEmailDomains(db: Database, { q = '', verdict, cursor = '', limit }: ListQuery) {
  const { domain } = emailDomains
  return db
    .select()
    .from(emailDomains)
    .where(
      and(
        // One bound below, so that a later page begins where the one before ended instead of reading it again.
        cursor >= q ? gt(domain, cursor) : gte(domain, q),
        q === '' ? undefined : lt(domain, q + LAST),
        verdict && hasVerdict(verdict),
      ),
    )
    .orderBy(domain)
    .limit(limit + 1)
}

/** Writes the decision where `condition` holds. */
export function upsertDecision(db: Database, decision: Decision, condition: SQL) {
  const { verdict, decidedBy, decidedAt } = decision
  return insertWhere(db, emailDomains, decision, condition).onConflictDoUpdate({
    target: emailDomains.domain,
    set: { verdict, decidedBy, decidedAt },
  })
}

/** SQL: an admin has decided just that. */
export function isDecidedAlready(domain: string, verdict: EmailDomainVerdict): SQL {
  return sql`exists (select 1 from ${emailDomains} where ${emailDomains.domain} = ${domain}
    and ${emailDomains.verdict} = ${verdict} and ${emailDomains.decidedBy} is not null)`
}

/** SQL: there is an entry for the domain. */
export function isEntered(domain: string): SQL {
  return sql`exists (select 1 from ${emailDomains} where ${emailDomains.domain} = ${domain})`
}

/** For the audit log: the verdict as it is, and as it will be; null without an entry. */
export function changeDetails(domain: string, after: EmailDomainVerdict | null) {
  return sql<string>`json_object('domain', ${domain}, 'before', (select ${emailDomains.verdict}
    from ${emailDomains} where ${emailDomains.domain} = ${domain}), 'after', ${after})`
}

export function selectEmailDomain(db: Database, domain: string) {
  return db.select().from(emailDomains).where(eq(emailDomains.domain, domain))
}

/** Deletes the entry where `condition` holds. */
export function deleteEmailDomain(db: Database, domain: string, condition: SQL) {
  return db.delete(emailDomains).where(and(eq(emailDomains.domain, domain), condition))
}

/** The entries of these domains, by primary key; one parameter however many they are (D1 takes a hundred). */
export function selectEntries(db: Database, domains: readonly string[]) {
  const given = sql`(select value from json_each(${JSON.stringify(domains)}))`
  return db
    .select({ domain: emailDomains.domain, verdict: emailDomains.verdict })
    .from(emailDomains)
    .where(sql`${emailDomains.domain} in ${given}`)
}

/** Spelled out, as the index of allowed domains is found by its words only. */
function hasVerdict(verdict: EmailDomainVerdict): SQL {
  return verdict === 'allow' ? sql`verdict = 'allow'` : eq(emailDomains.verdict, verdict)
}
