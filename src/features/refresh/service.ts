/**
 * Refresh (RFC 9700 §4.14.2): each use rotates the token. A lost answer or a second tab gets the same successor for a
 * short grace, as long as nobody has used it; any older token of a living session means that two hold it, and ends
 * every session of the user. A forged token costs no look into the database, and one of an ended session ends nothing.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { type TokenTransport, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Locale } from '../../lib/locale.ts'
import { hashSecret, type RefreshToken, successorSecrets } from '../../lib/tokens.ts'
import { tellGuard } from '../../mail/tell-guard.ts'
import { mailResetLink } from '../passwords/reset-link.ts'
import { issueTokens, type SessionTokens } from '../sessions/tokens.ts'
import {
  endSessionsOfVictim,
  forgetVictimsDevices,
  type Presented,
  recordReuse,
  rotate,
  selectOutcome,
  victimOf,
} from './repository.ts'

export interface Refreshed {
  tokens: SessionTokens
  /** The session's own transport. */
  transport: TokenTransport
  /** How long the new refresh token lives unless it is used, in seconds. */
  refreshSeconds: number
  /** The user's. */
  locale: Locale
}

/** Rotates a genuine token. Throws refresh_reused or refresh_invalid; the sessions' end is committed by then. */
export async function refreshSession(
  deps: Deps,
  token: RefreshToken,
  client: ClientInfo,
): Promise<Refreshed> {
  const { db, config, requestId } = deps
  const now = deps.clock()
  const successors = successorSecrets(deps.keys, token)
  const presented: Presented = {
    token,
    hash: hashSecret(token.secret),
    successorHash: hashSecret(successors[0]),
    auditId: newId(now),
    now,
    graceMs: config.refreshGraceSeconds * 1000,
  }
  const audit: AuditContext = { now, requestId, client }
  const mailId = newId(now)
  const forgetId = newId(now)
  const isVictim = sql`${users.id} = ${victimOf(presented)}`
  const results = await db.batch([
    rotate(db, presented, config),
    recordReuse(db, presented, audit),
    ...mailResetLink(
      deps,
      // No cap counts this mail: it always goes out.
      { id: mailId, template: 'refresh_reused', addressKey: '', condition: isVictim },
      audit,
    ),
    forgetVictimsDevices(db, presented, { id: forgetId, requestId }),
    endSessionsOfVictim(db, presented),
    selectOutcome(db, presented),
  ])
  const session = results[7][0]
  if (session?.wasReused) {
    deps.announceOutbox([mailId])
    const { email } = session
    const before = deps.clock()
    await tellGuard(deps, forgetId, () => deps.guard.forgetDevices(email, { before }))
    throw new ApiError('refresh_reused')
  }
  const secret = successors.find((one) => hashSecret(one) === session?.tokenHash)
  const generation = token.generation + 1
  if (!session?.mayGoOn || session.role === null) throw refused('ended')
  if (session.generation !== generation) throw refused('generation')
  if (secret === undefined) throw refused('successor')
  const refresh = { sessionId: token.sessionId, generation, secret }
  const { userId, communityId, deviceId, role, transport, expiresAt } = session
  return {
    tokens: await issueTokens(deps, { userId, communityId, role, deviceId, refresh }, now),
    transport,
    locale: session.locale,
    refreshSeconds: Math.floor((expiresAt - now) / 1000),
  }
}

const refused = (reason: string) => new ApiError('refresh_invalid', { reason })
