/** A login on a device of somebody else, the mail about it, and what the tests of its link look at. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { configOf } from '../../../src/config.ts'
import worker from '../../../src/index.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { createLookup } from '../../../src/lib/lookup.ts'
import { parseDeviceToken } from '../../../src/lib/tokens.ts'
import { messageFor } from '../../../src/mail/messages.ts'
import { ownerIn } from '../../factories.ts'
import {
  auditOf,
  mailedToken,
  me,
  type OpenSession,
  openSession,
  outboxOf,
  postRefresh,
} from '../../session-client.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { endingsOf } from '../sessions/clients.ts'

const { authSecrets, lookupSecret } = configOf(env)
const keys = createKeyRing(authSecrets)
const guardOf = (email: string) =>
  env.ACCOUNT_GUARD.getByName(createLookup(lookupSecret).address(email))

export const notMe = (token: unknown, options: CallOptions = {}) =>
  call(`${API}/auth/not-me`, { ...options, body: { token } })

/** An owner at home, a thief on a device of their own, and the link of the mail about it. */
export async function theft() {
  const owner = await ownerIn('active')
  const home = await openSession(owner)
  const thief = await openSession(owner)
  const token = await mailedToken(owner.email, 'not_me')
  return { owner, home, thief, token, email: owner.email, userId: thief.userId }
}

export const rowsOf = async (email: string, kind: string) =>
  (await outboxOf(email)).filter((row) => row.kind === kind)
export const resetMailsTo = async (email: string) =>
  (await outboxOf(email)).filter(({ template }) => template === 'password_reset')
export const actionsOf = async (userId: string) =>
  (await auditOf(userId)).map(({ action }) => action)
export const deviceIn = (cookie: string | undefined) => parseDeviceToken(keys, cookie ?? '') ?? ''

export async function isKnown(email: string, deviceId: string): Promise<boolean> {
  const verdict = await guardOf(email).begin({ deviceId, blockSeconds: 900 })
  if (verdict.kind !== 'granted') throw new Error(`the guard says ${verdict.kind}`)
  await guardOf(email).settle({ ticket: verdict.ticket, outcome: 'neutral', blockSeconds: 900 })
  return verdict.knownDevice
}

export async function expectDead(session: OpenSession): Promise<void> {
  expectStatus(await me(session.accessToken), 401, 'session_ended')
  expectStatus(await postRefresh(session.refreshToken), 403, 'refresh_invalid')
}

/** Nothing of what the link would do has been done, and it still does it. */
export async function expectUnused({
  thief,
  home,
  email,
  token,
  userId,
}: Awaited<ReturnType<typeof theft>>) {
  expect(await endingsOf(userId)).toEqual({ [home.id]: null, [thief.id]: null })
  expect(await resetMailsTo(email)).toEqual([])
  expect(await actionsOf(userId)).not.toContain('session_revoked')
  expectStatus(await notMe(token), 200)
  await expectDead(thief)
}

/** Hands these outbox rows to the queue's consumer. */
export async function deliver(ids: string[]): Promise<void> {
  const messages = ids.map((id) => ({
    id,
    timestamp: new Date(),
    attempts: 1,
    body: messageFor(id),
  }))
  const batch = createMessageBatch('gatehouse-outbox', messages)
  const context = createExecutionContext()
  await worker.queue(batch, env, context)
  const result = await getQueueResult(batch, context)
  expect(result.retryMessages).toEqual([])
}
