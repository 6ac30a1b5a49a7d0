/** What a person does with their own sessions: see them, end one, end the others, end all. One round trip each. */
import { and, desc, eq, isNull, lt, ne, type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { sessions } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import type { Page } from '../../http/paging.ts'
import { isLiving } from './living.ts'

export type OwnSession = Awaited<ReturnType<typeof listOwnSessions>>[number]

/** Living sessions of the user, newest first; one more than the page holds where there are more. */
export function listOwnSessions(db: Database, userId: string, now: number, page: Page) {
  return db
    .select({
      id: sessions.id,
      userAgent: sessions.userAgent,
      ip: sessions.ip,
      country: sessions.country,
      city: sessions.city,
      createdAt: sessions.createdAt,
      lastActiveAt: sessions.lastActiveAt,
      expiresAt: sql<number>`min(${sessions.idleExpiresAt}, ${sessions.absoluteExpiresAt})`,
    })
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        isLiving(now),
        page.cursor === undefined ? undefined : lt(sessions.id, page.cursor),
      ),
    )
    .orderBy(desc(sessions.id))
    .limit(page.limit + 1)
}

/** Ends one; one that has ended already stays as it is. Throws not_found where it is not the user's. */
export async function endOwnSession(
  { db }: Pick<Deps, 'db'>,
  userId: string,
  sessionId: string,
  audit: AuditContext,
): Promise<void> {
  const isOwn = sql`${sessions.id} = ${sessionId} and ${sessions.userId} = ${userId}`
  const [, , own] = await db.batch([
    revoke(db, userId, eq(sessions.id, sessionId), audit.now),
    auditRowWhere(db, 'session_revoked', audit, {
      actorId: userId,
      userId,
      communityId: sql<string>`${sessions.communityId}`,
      details: { sessionId },
      condition: sql`changes() > 0 and ${isOwn}`,
      from: sql`${sessions}`,
    }),
    db
      .select({ id: sql<string>`${sessions.id}`.as('own_id_') })
      .from(sessions)
      .where(isOwn),
  ])
  if (!own[0]) throw new ApiError('not_found')
}

/** Ends all sessions of the user; with `keep`, all but that one. */
export async function endOwnSessions(
  { db }: Pick<Deps, 'db'>,
  userId: string,
  keep: string | undefined,
  audit: AuditContext,
): Promise<void> {
  await db.batch([
    endSessionsOfUser(db, userId, keep, audit.now, 'revoked'),
    auditRowWhere(db, 'session_revoked', audit, {
      actorId: userId,
      userId,
      details: sql<string>`json_object('scope', ${keep === undefined ? 'all' : 'others'}, 'ended', changes())`,
      condition: sql`changes() > 0`,
    }),
  ])
}

/** The statement that ends them. */
export function endSessionsOfUser(
  db: Database,
  userId: string,
  keep: string | undefined,
  now: number,
  reason: string,
) {
  return revoke(db, userId, keep === undefined ? undefined : ne(sessions.id, keep), now, reason)
}

function revoke(
  db: Database,
  userId: string,
  which: SQL | undefined,
  now: number,
  reason = 'revoked',
) {
  return db
    .update(sessions)
    .set({ revokedAt: now, revokeReason: reason })
    .where(and(eq(sessions.userId, userId), isNull(sessions.revokedAt), which))
}
