/**
 * Somebody erases their account (GDPR art. 17): one batch that begins with its audit row, which is written only where
 * they have proven who they are and nobody is left without an owner or an admin; everything else asks for that row. What
 * is personal goes at once: the person, memberships, sessions, links, addresses in the outbox, client addresses in the
 * audit log. The audit log keeps ids. Communities of theirs that were never open close with them, and the one of the
 * session where they wish it: whoever closes it first has no session left to erase themselves with.
 */
import { eq, type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
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
import { isPermitted } from '../../permissions.ts'
import { closeCommunities, closeCommunity } from '../communities/closing.ts'
import type { Evidence } from '../passwords/evidence.ts'
import {
  isStillProven,
  type Proof,
  proveIdentity,
  underProof,
  whyNotProven,
} from '../passwords/prove-identity.ts'
import type { AuthenticatedSession, SessionUser } from '../sessions/authenticated-session.ts'
import { stillMay } from '../sessions/living.ts'

/** Of a community that nobody but its owner was ever in. */
const NEVER_OPEN = sql`('pending','under_review','rejected')`

export interface Wish {
  evidence: Evidence
  /** The community of the session closes too. */
  closesCommunity: boolean
}

/**
 * Erases the account of the session. Throws last_owner, or forbidden where only an owner may, before anything is counted
 * or used up; then what `proveIdentity` throws.
 */
export async function eraseAccount(
  deps: Deps,
  who: AuthenticatedSession,
  { evidence, closesCommunity }: Wish,
  audit: AuditContext,
): Promise<void> {
  const { db, guard } = deps
  const { id: userId, email } = who.user
  if (closesCommunity && !isPermitted(who.role, 'community.edit')) throw new ApiError('forbidden')
  const closing = closesCommunity ? who.community.id : ''
  const [fact] = await db.select({ isSpared: isSpared(userId, closing) }).from(sql`(select 1)`)
  if (!fact?.isSpared) throw lastOwner()
  const proof = await proveIdentity(deps, who, evidence, audit)
  const ids = { mail: newId(audit.now), guard: newId(audit.now) }
  // Booked as neither: no device joins the guard of an address that is nobody's.
  const unbooked = { ...proof, book: () => proof.book('neutral') }
  await underProof(deps, unbooked, () => writeErasure(deps, who, { proof, ids, closing }, audit))
  deps.announceOutbox([ids.mail])
  await tellGuard(deps, ids.guard, () => guard.startOver(email, { before: deps.clock() }))
}

async function writeErasure(
  deps: Deps,
  who: AuthenticatedSession,
  erasing: { proof: Proof; ids: { mail: string; guard: string }; closing: string },
  audit: AuditContext,
): Promise<void> {
  const { db } = deps
  const { now } = audit
  const { proof, closing } = erasing
  const userId = who.user.id
  const isProven = sql<number>`exists (select 1 from ${users} where ${isStillProven(who, proof, now)})`
  const may = closing === '' ? sql<number>`true` : stillMay(who, 'community.edit', now)
  // Without the client's address: the row that tells of the erasure would be the first to be erased.
  const nameless = { ...audit, client: { ip: null, userAgent: null } }
  try {
    await db.batch([
      auditRowWhere(db, 'account_deleted', nameless, {
        actorId: userId,
        userId,
        communityId: who.community.id,
        condition: sql`${isProven} and ${isSpared(userId, closing)}`,
      }),
      ...assertOneChange(db),
      ...(closing === '' ? [] : closeCommunity(db, { id: closing, may }, userId, nameless)),
      ...closeCommunities(db, isUnopenedOf(userId), userId, nameless),
      ...forgetPerson(deps, who.user, now),
      ...farewell(deps, who.user, { ids: erasing.ids, now }),
      db.delete(users).where(eq(users.id, userId)),
    ])
  } catch (error) {
    if (!isConstraintError(error)) throw error
    const [facts] = await db
      .select({ isProven, isSpared: isSpared(userId, closing) })
      .from(sql`(select 1)`)
    if (!facts?.isProven) throw await whyNotProven(deps, who, proof, now)
    throw facts.isSpared ? new ApiError('forbidden') : lastOwner()
  }
}

/**
 * Everything but the row of the person, in the order in which rows refer to one another. A signup of the address that
 * nobody verified may be a stranger's: it stays with its link, for its week; one that the account took over goes.
 */
function forgetPerson({ db, lookup }: Deps, { id, email }: SessionUser, now: number) {
  const nobody = { ip: null, userAgent: null }
  return [
    db.delete(memberships).where(eq(memberships.userId, id)),
    db.delete(sessions).where(eq(sessions.userId, id)),
    db.delete(oneTimeTokens).where(
      sql`${oneTimeTokens.id} in (select id from one_time_tokens where user_id = ${id}
        union all select id from one_time_tokens where email = ${email}
          and (purpose <> 'verify_email' or used_at is not null))`,
    ),
    ...forgetMails(db, { userId: id, addressKey: lookup.address(email) }, now),
    db.update(auditLogs).set(nobody).where(eq(auditLogs.actorId, id)),
    // Of attempts by nobody knows whom; where somebody else acted, the address is theirs.
    db
      .update(auditLogs)
      .set(nobody)
      .where(sql`${auditLogs.userId} = ${id} and +${auditLogs.actorId} is null`),
    db.update(auditLogs).set(nobody).where(isOfSignupBy(id)),
  ] as const
}

/**
 * SQL over a row of `audit_logs`: written by a signup whose mailbox this person has proven, whomever the row names; of one
 * that their account took over, that is a user who has gone. The rows of one request have ids of one moment. In the order
 * of the joins each is found by its own index: `+` and `cross` keep that of actions, which all people share, out of it.
 */
function isOfSignupBy(userId: string): SQL {
  const moment = sql`substr(signup.id, 1, 13)`
  return sql`${auditLogs.id} in (select written.id from audit_logs proof
    cross join audit_logs signup on signup.community_id = proof.community_id
      and signup.action glob 'community_*' and +signup.action = 'community_signup'
    cross join audit_logs written on written.community_id = signup.community_id
      and written.id > ${moment} and written.id < ${moment} || '.'
      and written.request_id = signup.request_id and +written.actor_id is null
    where proof.user_id = ${userId} and +proof.action = 'email_verified'
      and proof.details ->> 'handedOver' is not null)`
}

/** The mail that confirms it, and the news for the guard: whoever was judged until now is forgotten too. */
function farewell(
  { db, clock, requestId }: Deps,
  { email, locale }: SessionUser,
  { ids, now }: { ids: { mail: string; guard: string }; now: number },
) {
  const row = { requestId, createdAt: now, email, addressKey: '' }
  return [
    outboxGuardClear(db, { ...row, id: ids.guard, before: clock(), forgetDevices: true }),
    outboxMail(db, { ...row, id: ids.mail, template: 'account_deleted', locale }),
  ] as const
}

/** SQL: each community of this person but `closing`, or their role in the platform, has somebody able beside them. */
function isSpared(userId: string, closing: string): SQL<number> {
  return sql<number>`not exists (select 1 from memberships m
    join communities c on c.id = m.community_id
    where m.user_id = ${userId} and m.role in ('CommunityOwner','Admin') and c.is_deleted = 0
      and c.status not in ${NEVER_OPEN} and c.id <> ${closing} and not exists (
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
