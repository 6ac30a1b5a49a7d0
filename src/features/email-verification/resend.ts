/**
 * A new link for the newest signup of an address whose link nobody has POSTed. The same statements run for every
 * address; what they change, nobody can tell from the answer. Only that community's older link ends, and only if a new
 * one really goes out. What a browser that the address's account knows asks for is counted apart.
 */
import { sql } from 'drizzle-orm'
import { countEvent } from '../../db/count-event.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { communities, mailLane, oneTimeTokens, outbox, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../lib/ids.ts'
import { outboxMail, underSendCaps } from '../../mail/outbox.ts'
import { policyOf } from '../../middleware/rate-limit-policies.ts'
import { isGone } from '../signup/pending.ts'
import { newVerificationToken } from './verification-token.ts'

/**
 * Mails a new link if there is a signup to verify and the address is under its limits. `deviceId`: the genuine one of
 * this browser. Tells the caller nothing.
 */
export async function resendVerification(
  deps: Deps,
  { email, deviceId }: { email: string; deviceId: string | undefined },
): Promise<void> {
  const { db } = deps
  const policy = policyOf('resendAddress', deps.config)
  const verdict = await deps.guard.countMail(email, { purpose: 'resend', policy, deviceId })
  if (verdict.kind !== 'allowed') return
  const lane = mailLane(verdict.knownDevice ? deviceId : undefined)
  const now = deps.clock()
  const token = newVerificationToken(deps, now)
  const mailId = newId(now)
  const addressKey = deps.lookup.address(email)
  const isMailed = sql`exists (select 1 from ${outbox} where ${outbox.id} = ${mailId})`
  await db.batch([
    outboxMail(
      db,
      {
        id: mailId,
        template: 'verify_email',
        locale: sql<
          'en' | 'zh'
        >`(select u.locale from users u where u.id = ${newestUnverified(email, now)})`,
        email,
        addressKey,
        lane,
        tokenId: token.id,
        userId: newestUnverified(email, now),
        communityId: sql<string>`(select u.community_id from users u where u.id = ${newestUnverified(email, now)})`,
        requestId: deps.requestId,
        createdAt: now,
        expiresAt: token.expiresAt,
      },
      sql`${newestUnverified(email, now)} is not null and ${underSendCaps({ template: 'verify_email', addressKey, lane, now })}`,
    ),
    insertWhere(
      db,
      oneTimeTokens,
      {
        ...token,
        userId: sql<string>`${outbox.userId}`,
        communityId: sql<string>`${outbox.communityId}`,
        email,
      },
      sql`${outbox.id} = ${mailId}`,
      sql`${outbox}`,
    ),
    db.delete(oneTimeTokens).where(
      sql`${oneTimeTokens.purpose} = 'verify_email' and ${oneTimeTokens.usedAt} is null
        and ${oneTimeTokens.id} <> ${token.id} and ${isMailed}
        and ${oneTimeTokens.communityId} = (select o.community_id from outbox o where o.id = ${mailId})`,
    ),
    countEvent(db, 'verification_requested', now),
  ])
  deps.announceOutbox([mailId])
}

/** SQL: id of the newest unverified user of the address whose community still lives; NULL where there is none. */
function newestUnverified(email: string, now: number) {
  return sql<string>`(select ${users.id} from ${users} join ${communities} on ${communities.id} = ${users.communityId}
    where ${users.email} = ${email} and ${users.emailVerifiedAt} is null
      and ${communities.isDeleted} = 0 and not ${isGone(now)}
    order by ${users.createdAt} desc, ${users.id} desc limit 1)`
}
