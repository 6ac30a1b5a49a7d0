/**
 * The mail about a login on a device that the account does not know, with its "this wasn't me" link. Not at the very
 * first login, where every device is new, and once for a device that is signed in: statements for the login's batch,
 * to stand before the session is opened.
 */
import { sql } from 'drizzle-orm'
import { insertWhere } from '../../db/insert-where.ts'
import { oneTimeTokens, outbox, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { newLinkToken } from '../../lib/tokens.ts'
import { outboxMail, underSendCaps } from '../../mail/outbox.ts'

const DAY_SECONDS = 24 * 3600
/** A notice is often read days later. */
const LINK_TTL_SECONDS = 7 * DAY_SECONDS

export interface NewDeviceLogin {
  /** Of the outbox row. */
  mailId: string
  isNewDevice: boolean
  userId: string
  email: string
  communityId: string
  sessionId: string
  deviceId: string
  now: number
}

export function newDeviceNotice(
  deps: Pick<Deps, 'db' | 'keys' | 'lookup' | 'requestId'>,
  login: NewDeviceLogin,
) {
  const { db, keys, lookup, requestId } = deps
  const { mailId, userId, email, communityId, sessionId, deviceId, now } = login
  const addressKey = lookup.address(email)
  const token = newLinkToken(keys, 'not_me', { now, ttlSeconds: LINK_TTL_SECONDS })
  const hasLoggedInBefore = sql`exists (select 1 from memberships m
    where m.user_id = ${userId} and m.last_used_at is not null)`
  const isSignedInHere = sql`exists (select 1 from sessions s
    where s.user_id = ${userId} and s.device_id = ${deviceId} and s.revoked_at is null
      and min(s.idle_expires_at, s.absolute_expires_at) > ${now})`
  return [
    outboxMail(
      db,
      {
        id: mailId,
        template: 'new_device',
        locale: sql<'en' | 'zh'>`${users.locale}`,
        email,
        addressKey,
        tokenId: token.id,
        userId,
        communityId,
        payload: { sessionId },
        requestId,
        createdAt: now,
      },
      sql`${users.id} = ${userId} and ${login.isNewDevice ? 1 : 0} and ${hasLoggedInBefore}
        and not ${isSignedInHere} and ${underSendCaps({ template: 'new_device', addressKey, now })}`,
      sql`${users}`,
    ),
    insertWhere(
      db,
      oneTimeTokens,
      { ...token, userId, communityId, email, payload: { sessionId, deviceId } },
      sql`exists (select 1 from ${outbox} where ${outbox.id} = ${mailId})`,
    ),
  ] as const
}
