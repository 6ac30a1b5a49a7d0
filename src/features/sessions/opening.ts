/**
 * Where every way in ends: session, tokens, audit, the notice about a new device and the community's activation, in one
 * batch. A way in says who signs in and what it has judged; that is asked again inside the batch.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import { type AuditContext, auditRow } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { type Role, type TokenTransport, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { newId } from '../../lib/ids.ts'
import type { Locale } from '../../lib/locale.ts'
import { hashSecret, newRandomSecret } from '../../lib/tokens.ts'
import { outboxGuardDevice } from '../../mail/outbox.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { activateAtOwnersLogin, selectCommunityStatus } from '../communities/activation.ts'
import { newDeviceNotice } from '../new-device/notice.ts'
import type { SessionCommunity, SessionUser } from './authenticated-session.ts'
import { endSurplusSessions, openSession, touchMembership, undoOpening } from './repository.ts'
import { lifetimeOf } from './service.ts'
import { issueTokens, type SessionTokens } from './tokens.ts'

export type SignInMethod = 'password' | 'code' | 'magic_link' | 'invitation'

/** The browser or app that signs in. */
export interface SigningIn {
  transport: TokenTransport
  /** Session whose cookie the answer will overwrite, or undefined. */
  heldSessionId: string | undefined
  client: ClientInfo
  /** ms UTC. */
  now: number
}

export interface Opening extends SigningIn {
  account: { userId: string; email: string; fullName: string; locale: Locale }
  role: Role
  community: SessionCommunity
  /** `isKnown`: to the account's guard, before this. */
  device: { id: string; isKnown: boolean }
  method: SignInMethod
  /** SQL over a row of `users`: what the way in has judged. */
  condition: SQL
  /** Of the same batch; they stand before the session is opened, and after. */
  before?: readonly BatchItem<'sqlite'>[]
  after?: readonly BatchItem<'sqlite'>[]
  /** Books the success in the account's guard, beside the write, and lets the device join. Without it, the outbox does. */
  book?: () => Promise<unknown>
}

export interface OpenedSession {
  user: SessionUser
  role: Role
  community: SessionCommunity
  session: { id: string; expiresAt: number }
  tokens: SessionTokens
  /** How long the refresh token lives unless it is used, in seconds. */
  refreshSeconds: number
}

type SessionRow = Parameters<typeof openSession>[1]

/** Opens the session, or gives undefined where what was judged does not hold any more; nothing is written then. */
export async function openJudged(deps: Deps, opening: Opening): Promise<OpenedSession | undefined> {
  const { now, account, role, community, device, client } = opening
  const refresh = { sessionId: newId(now), generation: 1, secret: newRandomSecret() }
  const expiry = lifetimeOf(deps.config, role, now)
  const row = {
    id: refresh.sessionId,
    userId: account.userId,
    communityId: community.id,
    deviceId: device.id,
    transport: opening.transport,
    tokenHash: hashSecret(refresh.secret),
    generation: refresh.generation,
    createdAt: now,
    lastActiveAt: now,
    ...expiry,
    ip: client.ip,
    userAgent: client.userAgent,
    country: client.country,
    city: client.city,
  }
  const issued = { userId: account.userId, communityId: community.id, role, deviceId: device.id }
  // Signed before anything is written: a session whose tokens cannot be made is never opened.
  const tokens = await issueTokens(deps, { ...issued, refresh }, now)
  const status = await writeAndBook(deps, opening, row)
  if (status === undefined) return undefined
  const expiresAt = Math.min(expiry.idleExpiresAt, expiry.absoluteExpiresAt)
  const { userId: id, email, fullName, locale } = account
  return {
    user: { id, email, fullName, locale },
    role,
    community: { ...community, status },
    session: { id: row.id, expiresAt },
    tokens,
    refreshSeconds: Math.floor((expiresAt - now) / 1000),
  }
}

/** The write and the guard's success beside each other. Whichever fails, no living session stays behind that nobody holds. */
async function writeAndBook(deps: Deps, opening: Opening, row: SessionRow) {
  const [written, booked] = await Promise.allSettled([
    writeSession(deps, opening, row),
    opening.book?.(),
  ])
  if (written.status === 'rejected') throw written.reason
  if (booked.status === 'rejected') {
    await deps.db.batch([...undoOpening(deps.db, row, opening.heldSessionId, opening.now)])
    throw booked.reason
  }
  return written.value
}

async function writeSession(deps: Deps, opening: Opening, row: SessionRow) {
  const { db, requestId } = deps
  const { account, community, device, before = [], after = [], now, method } = opening
  const audit: AuditContext = { now, requestId, client: opening.client }
  // What was judged at an address is worth nothing once the account has another one.
  const condition = sql`${users.email} = ${account.email} and ${opening.condition}`
  const who = { userId: account.userId, communityId: community.id }
  const [noticeId, joinId] = [newId(now), newId(now)]
  const [notice, noticeToken] = newDeviceNotice(deps, {
    ...who,
    mailId: noticeId,
    isNewDevice: !device.isKnown,
    email: account.email,
    sessionId: row.id,
    deviceId: device.id,
    now,
  })
  const join = outboxGuardDevice(db, {
    id: joinId,
    email: account.email,
    // The guard is no mail: no cap counts it, so its row needs no key of the address.
    addressKey: '',
    requestId,
    createdAt: now,
    deviceId: device.id,
  })
  try {
    const results = await db.batch([
      notice,
      noticeToken,
      ...before,
      ...openSession(db, row, condition, opening.heldSessionId),
      endSurplusSessions(db, row.userId, row.createdAt),
      ...activateAtOwnersLogin(db, who, audit),
      touchMembership(db, row.userId, row.communityId, row.createdAt),
      ...after,
      ...(opening.book ? [] : [join]),
      auditRow(db, 'login_success', audit, {
        actorId: row.userId,
        ...who,
        details: { method, sessionId: row.id, transport: row.transport },
      }),
      selectCommunityStatus(db, row.communityId),
    ])
    if (results[0].meta.changes > 0) deps.announceOutbox([noticeId])
    if (!opening.book) {
      await tellGuard(deps, joinId, () => deps.guard.rememberDevice(account.email, device.id, now))
    }
    const [answer] = results.at(-1) as unknown as Awaited<ReturnType<typeof selectCommunityStatus>>
    return answer?.status
  } catch (error) {
    if (isConstraintError(error)) return undefined
    throw error
  }
}
