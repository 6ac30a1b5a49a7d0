/** Calls of the routes for e-mail domains, and what they leave behind. */
import { asc, eq, sql } from 'drizzle-orm'
import { vi } from 'vitest'
import { auditLogs, type EmailDomainVerdict, emailDomains } from '../../../src/db/schema/index.ts'
import { db, unique } from '../../factories.ts'
import { API, type CallOptions, call } from '../../support/call.ts'

export const DOMAINS = `${API}/admin/email-domains`

export interface Item {
  domain: string
  verdict: EmailDomainVerdict
  decidedBy: string | null
  decidedAt: string | null
}

export const newDomain = () => `${unique()}.example`

export const list = (query: Record<string, string>, options: CallOptions = {}) =>
  call(`${DOMAINS}?${new URLSearchParams(query)}`, options)

export const put = (domain: string, verdict: unknown, options: CallOptions = {}) =>
  call(`${DOMAINS}/${domain}`, { method: 'PUT', body: { verdict }, ...options })

export const remove = (domain: string, options: CallOptions = {}) =>
  call(`${DOMAINS}/${domain}`, { method: 'DELETE', ...options })

export async function entryOf(domain: string) {
  const [row] = await db.select().from(emailDomains).where(eq(emailDomains.domain, domain))
  return row
}

/** What the audit log says of a domain: who, and its verdict before and after. */
export async function changesAuditedOf(domain: string) {
  const rows = await db
    .select({ actorId: auditLogs.actorId, details: auditLogs.details })
    .from(auditLogs)
    .where(
      sql`${eq(auditLogs.action, 'email_domain_changed')} and ${auditLogs.details} ->> 'domain' = ${domain}`,
    )
    .orderBy(asc(auditLogs.id))
  return rows.map(({ actorId, details }) => [actorId, details?.before, details?.after])
}

/** What `act` has logged of changed domains. */
export async function changesLoggedBy(act: () => Promise<unknown>) {
  const written = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  try {
    await act()
    const lines = written.mock.calls.map(([line]) => JSON.parse(String(line)))
    return lines
      .filter(({ event }) => event === 'email_domain_changed')
      .map(({ level, actorId, domain, verdict }) => ({ level, actorId, domain, verdict }))
  } finally {
    written.mockRestore()
  }
}
