/** What admins do to people, for tests: the calls, and what they leave behind. */
import { and, eq } from 'drizzle-orm'
import { type AuditAction, auditLogs, outbox } from '../../../src/db/schema/index.ts'
import { db } from '../../factories.ts'
import { type Answer, API, type CallOptions, call } from '../../support/call.ts'

export type Act = 'unlock' | 'revoke-sessions' | 'disable' | 'enable'

interface Admin {
  token: string
}

/** As an admin is shown a person. */
export interface Shown extends Record<string, unknown> {
  id: string
  email: string
}

export const act = (
  { token }: Admin,
  what: Act,
  id: string,
  options: CallOptions = {},
): Promise<Answer> =>
  call(`${API}/admin/users/${id}/${what}`, { token, method: 'POST', ...options })

export const find = (
  { token }: Admin,
  query: Record<string, string>,
  options: CallOptions = {},
): Promise<Answer> =>
  call(`${API}/admin/users?${new URLSearchParams(query)}`, { token, ...options })

export const itemsOf = (answer: Answer) => answer.data.items as Shown[]

export const shownIn = (answer: Answer) => answer.data.user as Shown

/** Who did it to this person, and the details. */
export async function recordsOf(userId: string, action: AuditAction) {
  const rows = await db
    .select({ actorId: auditLogs.actorId, details: auditLogs.details })
    .from(auditLogs)
    .where(and(eq(auditLogs.userId, userId), eq(auditLogs.action, action)))
    .orderBy(auditLogs.id)
  return rows.map(({ actorId, details }) => ({ actorId, ...details }))
}

/** What the guard of an address has yet to be told, or was. */
export const clearsOf = (email: string) =>
  db
    .select()
    .from(outbox)
    .where(and(eq(outbox.email, email), eq(outbox.kind, 'guard_clear')))
