/**
 * What admins do for and to people. Each command is one batch that begins with its audit row: that is written only
 * where whoever asks is an admin still and the person is as they must be, and everything else asks for it. Of two at
 * once one wins. Nobody disables themselves, and who is disabled disables nobody, so an admin always stays.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, type AuditFields, auditRowWhere, newMark } from '../../audit.ts'
import type { Statement } from '../../db/client.ts'
import { type AuditAction, sessions, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import { outboxGuardClear } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { say } from '../../messages/message.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import {
  type FoundUser,
  isShown,
  liftLock,
  livingSessionsOf,
  selectUser,
  setDisabled,
  unlockDetails,
} from './repository.ts'

export { type FoundUser, listUsers, usersCursorOf } from './repository.ts'

type Who = AuthenticatedSession

/**
 * Lifts block and lock in every lane of the person's address. The guard alone knows them all, so it is told in any case;
 * should it not answer, the outbox tells it. A password that is switched off stays so. Throws not_found.
 */
export async function unlockUser(
  deps: Deps,
  who: Who,
  id: string,
  audit: AuditContext,
): Promise<FoundUser> {
  const { db } = deps
  const { now, requestId } = audit
  const clearId = newId(now)
  const user = await command(deps, who, id, audit, {
    action: 'account_unlocked',
    details: unlockDetails(id, now),
    writes: (isMade) => [
      liftLock(db, id, isMade),
      outboxGuardClear(
        db,
        {
          id: clearId,
          email: sql<string>`${users.email}`,
          addressKey: '',
          requestId,
          createdAt: now,
          before: now,
        },
        sql`${users.id} = ${id} and ${isMade}`,
        sql`${users}`,
      ),
    ],
  })
  // Whoever was judged while this was written is cleared too.
  const before = deps.clock()
  await tellGuard(deps, clearId, () => deps.guard.clear(user.email, before))
  return user
}

/** Ends every session of the person. May be repeated, and is on record each time. Throws not_found. */
export async function endSessionsByAdmin(
  deps: Pick<Deps, 'db'>,
  who: Who,
  id: string,
  audit: AuditContext,
): Promise<FoundUser> {
  const before = sql`json_object('sessions', ${livingSessionsOf(audit.now)})`
  return command(deps, who, id, audit, {
    action: 'session_revoked',
    details: sql<string>`json_object('scope', 'all', 'before', ${before}, 'after', json_object('sessions', 0))`,
    writes: (isMade) => [endSessions(deps, id, audit.now, 'revoked_by_admin', isMade)],
  })
}

/** Shuts the person out, at once and whatever the way in. Throws not_found or invalid_transition. */
export async function disableUser(
  deps: Pick<Deps, 'db'>,
  who: Who,
  { id, reason }: { id: string; reason: string | undefined },
  audit: AuditContext,
): Promise<FoundUser> {
  if (id === who.user.id) throw refusal('own_account_stays')
  const before = sql`json_object('disabled', json('false'), 'sessions', ${livingSessionsOf(audit.now)})`
  const after = sql`json_object('disabled', json('true'), 'sessions', 0)`
  return command(deps, who, id, audit, {
    action: 'account_disabled',
    details: sql<string>`json_object('before', ${before}, 'after', ${after}, 'reason', ${reason ?? null})`,
    condition: sql`${users.emailVerifiedAt} is not null and ${users.disabledAt} is null`,
    refused: ({ emailVerifiedAt }) => (emailVerifiedAt === null ? 'no_account_yet' : 'is_disabled'),
    writes: (isMade) => [
      setDisabled(deps.db, id, audit.now, isMade),
      endSessions(deps, id, audit.now, 'account_disabled', isMade),
    ],
  })
}

/** Lets the person in again; sessions that were ended stay so. Throws not_found or invalid_transition. */
export async function enableUser(
  deps: Pick<Deps, 'db'>,
  who: Who,
  id: string,
  audit: AuditContext,
): Promise<FoundUser> {
  return command(deps, who, id, audit, {
    action: 'account_enabled',
    details: { before: { disabled: true }, after: { disabled: false } },
    condition: sql`${users.disabledAt} is not null`,
    refused: () => 'is_not_disabled',
    writes: (isMade) => [setDisabled(deps.db, id, null, isMade)],
  })
}

type Refusal = 'own_account_stays' | 'no_account_yet' | 'is_disabled' | 'is_not_disabled'

interface Command {
  action: AuditAction
  details: AuditFields['details']
  /** SQL over the row of the person: what must hold. */
  condition?: SQL
  /** Why it did not, of the person as they are. */
  refused?: (user: FoundUser) => Refusal
  /** What follows; each acts only where `isMade`. */
  writes: (isMade: SQL) => Statement[]
}

/** The person afterwards. One round trip. */
async function command(
  { db }: Pick<Deps, 'db'>,
  who: Who,
  id: string,
  audit: AuditContext,
  { action, details, condition = sql`true`, refused, writes }: Command,
): Promise<FoundUser> {
  const may = stillMay(who, 'users.edit', audit.now)
  const mark = newMark(audit)
  const results = await db.batch([
    selectStanding(db, who, may, audit.now),
    auditRowWhere(db, action, audit, {
      id: mark.id,
      actorId: who.user.id,
      userId: id,
      details,
      condition: sql`${users.id} = ${id} and ${isShown(audit.now)} and ${condition} and ${may}`,
      from: sql`${users}`,
    }),
    ...writes(mark.isMade),
    selectUser(db, id, audit.now),
  ])
  const [asked, marked] = results
  const [user] = results.at(-1) as unknown as (FoundUser | undefined)[]
  if (marked.meta.changes > 0 && user) return user
  if (!asked[0]?.may) throw lostStanding(asked[0])
  if (!user) throw new ApiError('not_found', { message: say('no_such_user') })
  throw refused ? refusal(refused(user)) : new ApiError('not_found')
}

function refusal(why: Refusal): ApiError {
  return new ApiError('invalid_transition', { message: say(why) })
}

function endSessions(
  { db }: Pick<Deps, 'db'>,
  userId: string,
  now: number,
  reason: string,
  isMade: SQL,
) {
  return db
    .update(sessions)
    .set({ revokedAt: now, revokeReason: reason })
    .where(sql`${sessions.userId} = ${userId} and ${sessions.revokedAt} is null and ${isMade}`)
}
