/**
 * Somebody erases their account (GDPR art. 17): one batch that begins with its audit row, which is written only where
 * they have proven who they are and nobody is left without an owner or an admin; everything else asks for that row. What
 * is personal goes at once: the person, memberships, sessions, links, addresses in the outbox, client addresses in the
 * audit log. The audit log keeps ids. Communities of theirs that were never open close with them.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import {
  auditLogs,
  communities,
  memberships,
  oneTimeTokens,
  sessions,
  users,
} from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { forgetMails } from '../../mail/forget.ts'
import { outboxGuardClear, outboxMail } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { say } from '../../messages/message.ts'
import { closeCommunities } from '../communities/closing.ts'
import type { Evidence } from '../passwords/evidence.ts'
import {
  isStillProven,
  type Proof,
  proveIdentity,
  underProof,
  whyNotProven,
} from '../passwords/prove-identity.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'

/** Of a community that nobody but its owner was ever in. */
const NEVER_OPEN = sql`('pending','under_review','rejected')`

/** Erases the account of the session. Throws last_owner before anything is counted or used up, then what `proveIdentity` throws. */
export async function eraseAccount(
  deps: Deps,
  who: AuthenticatedSession,
  evidence: Evidence,
  audit: AuditContext,
): Promise<void> {
  const { db, guard } = deps
  const { id: userId, email } = who.user
  const [fact] = await db.select({ isSpared: isSpared(userId) }).from(sql`(select 1)`)
  if (!fact?.isSpared) throw lastOwner()
  const proof = await proveIdentity(deps, who, evidence, audit)
  const ids = { mail: newId(audit.now), guard: newId(audit.now) }
  await underProof(deps, proof, () => writeErasure(deps, who, { proof, ids }, audit))
  deps.announceOutbox([ids.mail])
  await tellGuard(deps, ids.guard, () => guard.startOver(email, { before: deps.clock() }))
}

async function writeErasure(
  deps: Deps,
  who: AuthenticatedSession,
  { proof, ids }: { proof: Proof; ids: { mail: string; guard: string } },
  audit: AuditContext,
): Promise<void> {
  const { db, requestId } = deps
  const { id: userId, email, locale } = who.user
  const { now } = audit
  const isProven = sql<number>`exists (select 1 from ${users} where ${isStillProven(who, proof, now)})`
  // Without the client's address: the row that tells of the erasure would be the first to be erased.
  const nameless = { ...audit, client: { ip: null, userAgent: null } }
  const markId = newId(now)
  const isDone = sql`exists (select 1 from ${auditLogs} where ${auditLogs.id} = ${markId})`
  const mine = (column: SQLiteColumn) => sql`${column} = ${userId} and ${isDone}`
  const mail = { requestId, createdAt: now, email }
  const [[facts], marked] = await db.batch([
    db.select({ isProven: sql<number>`${isProven}`.as('is_proven_') }).from(sql`(select 1)`),
    auditRowWhere(db, 'account_deleted', nameless, {
      id: sql<string>`${markId}`,
      actorId: userId,
      userId,
      communityId: who.community.id,
      condition: sql`${isProven} and ${isSpared(userId)}`,
    }),
    ...closeCommunities(db, sql`${isUnopenedOf(userId)} and ${isDone}`, userId, nameless),
    db.delete(memberships).where(mine(memberships.userId)),
    db.delete(sessions).where(mine(sessions.userId)),
    db.delete(oneTimeTokens).where(
      sql`${oneTimeTokens.id} in (select id from one_time_tokens where user_id = ${userId}
          union all select id from one_time_tokens where email = ${email}) and ${isDone}`,
    ),
    ...forgetMails(db, { userId, addressKey: deps.lookup.address(email) }, isDone),
    db.update(auditLogs).set({ ip: null, userAgent: null }).where(mine(auditLogs.actorId)),
    // Of attempts by nobody knows whom; where somebody else acted, the address is theirs.
    db
      .update(auditLogs)
      .set({ ip: null, userAgent: null })
      .where(sql`${auditLogs.userId} = ${userId} and +${auditLogs.actorId} is null and ${isDone}`),
    outboxGuardClear(
      db,
      { ...mail, id: ids.guard, addressKey: '', before: deps.clock(), forgetDevices: true },
      isDone,
    ),
    outboxMail(
      db,
      { ...mail, id: ids.mail, addressKey: '', template: 'account_deleted', locale },
      isDone,
    ),
    db.delete(users).where(mine(users.id)),
  ])
  if (marked.meta.changes > 0) return
  throw facts?.isProven ? lastOwner() : await whyNotProven(deps, who, proof, now)
}

/** SQL: this person's community, or their role in the platform, has somebody able beside them. */
function isSpared(userId: string): SQL<number> {
  return sql<number>`not exists (select 1 from memberships m
    join communities c on c.id = m.community_id
    where m.user_id = ${userId} and m.role in ('CommunityOwner','Admin') and c.is_deleted = 0
      and c.status not in ${NEVER_OPEN} and not exists (
        select 1 from memberships o join users ou on ou.id = o.user_id
        where o.community_id = m.community_id and o.role = m.role and o.user_id <> ${userId}
          and ou.email_verified_at is not null and ou.disabled_at is null))`
}

/** SQL over a row of `communities`: this person's own, never open, and nobody else's. */
function isUnopenedOf(userId: string): SQL {
  return sql`(${communities.isDeleted} = 0 and ${communities.status} in ${NEVER_OPEN}
    and ${communities.id} in (select m.community_id from memberships m
      where m.user_id = ${userId} and m.role = 'CommunityOwner')
    and not exists (select 1 from memberships o
      where o.community_id = ${communities.id} and o.user_id <> ${userId}))`
}

function lastOwner(): ApiError {
  return new ApiError('last_owner', { message: say('owner_erased') })
}
