/** Rows of the audit log for tests, and the calls that read them. */
import { env } from 'cloudflare:workers'
import { type AuditAction, auditLogs } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { db } from '../../factories.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'

export const AUDIT_LOGS = `${API}/admin/audit-logs`

export interface Item {
  id: string
  action: AuditAction
  actor: { id: string; fullName: string | null } | null
  userId: string | null
  communityId: string | null
  ip: string | null
  userAgent: string | null
  requestId: string | null
  details: Record<string, unknown> | null
  at: string
}

export type Query = Record<string, string>

export const ask = (query: Query, options: CallOptions = {}): Promise<Answer> =>
  call(`${AUDIT_LOGS}?${new URLSearchParams(query)}`, options)

export async function itemsOf(query: Query, options: CallOptions): Promise<Item[]> {
  const answer = await ask({ limit: '100', ...query }, options)
  expectStatus(answer, 200)
  return answer.data.items as Item[]
}

/** Every page, one after the other. */
export async function walk(query: Query, options: CallOptions): Promise<Item[][]> {
  const pages: Item[][] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    if (pages.length === 50) throw new Error('this list has no end')
    const answer = await ask({ ...query, ...(cursor && { cursor }) }, options)
    expectStatus(answer, 200)
    pages.push(answer.data.items as Item[])
    cursor = answer.data.nextCursor as string | null
  }
  return pages
}

/** One row of that moment; gives its id. */
export async function written(
  moment: number,
  row: Partial<typeof auditLogs.$inferInsert> = {},
): Promise<string> {
  const id = newId(moment)
  await db.insert(auditLogs).values({ id, action: 'login_success', createdAt: moment, ...row })
  return id
}

/** `count` rows at once, a millisecond after the other from `from` on, of a community of their own; `details.n` counts. */
export async function writeMany(count: number, from: number, communityId: string): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO audit_logs (id, action, user_id, community_id, ip, user_agent, request_id, details, created_at)
     WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
     SELECT substr(printf('%012x', ?2 + i), 1, 8) || '-' || substr(printf('%012x', ?2 + i), 9)
         || '-7000-8000-' || ?4,
       iif(i % 10, 'login_success', 'login_failed'), NULL, ?3, '203.0.113.' || (i % 256),
       'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', NULL,
       json_object('n', i, 'reason', 'a word, or two'), ?2 + i
     FROM n`,
  )
    .bind(count, from, communityId, communityId.slice(-12))
    .run()
}
