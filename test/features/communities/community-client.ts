/** Calls around one community: its card, its profile, its logo, its end. */
import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { configOf } from '../../../src/config.ts'
import { communities, logoGarbage } from '../../../src/db/schema/index.ts'
import { createDeps } from '../../../src/deps.ts'
import worker from '../../../src/index.ts'
import { communityRow, db, PASSWORD } from '../../factories.ts'
import { makePng } from '../../lib/image-samples.ts'
import { type OwnerHere, ownerHere } from '../../mailbox-client.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import type { Acting } from '../members/member-client.ts'

export const PNG = makePng(4, 4)
export const OTHER_PNG = makePng(5, 3)

const at = (community: string, rest = '') => `${API}/communities/${community}${rest}`

export const getCard = (community: string, options: CallOptions = {}) =>
  call(at(community), options)

export const patchProfile = (who: Acting, body: unknown, options: CallOptions = {}) =>
  call(at(who.slug), { method: 'PATCH', token: who.accessToken, body, ...options })

export const closeHere = (
  who: Acting,
  body: unknown = { password: PASSWORD },
  options: CallOptions = {},
) => call(at(who.slug), { method: 'DELETE', token: who.accessToken, body, ...options })

export const putLogo = (who: Acting, body: unknown = PNG, options: CallOptions = {}) =>
  call(at(who.slug, '/logo'), {
    method: 'PUT',
    token: who.accessToken,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    ...options,
  })

export const removeLogo = (who: Acting, options: CallOptions = {}) =>
  call(at(who.slug, '/logo'), { method: 'DELETE', token: who.accessToken, ...options })

/** A picture as it is answered, byte by byte. */
export async function getPicture(
  path: string,
  { method = 'GET', headers = {}, env: workerEnv = env }: CallOptions = {},
) {
  const request = new Request(`https://gatehouse.example${path}`, { method, headers })
  const context = createExecutionContext()
  const response = await worker.fetch(
    request as Request<unknown, IncomingRequestCfProperties>,
    workerEnv,
    context,
  )
  const bytes = new Uint8Array(await response.arrayBuffer())
  await waitOnExecutionContext(context)
  return { status: response.status, headers: response.headers, bytes }
}

/** An owner whose community has a logo. */
export async function ownerWithLogo(bytes = PNG): Promise<OwnerHere & { logoUrl: string }> {
  const owner = await ownerHere()
  const answer = await putLogo(owner, bytes)
  expectStatus(answer, 200)
  return { ...owner, logoUrl: String(answer.data.logoUrl) }
}

export const keyOf = async (communityId: string) => (await communityRow(communityId))?.logo ?? null
export const isStored = async (key: string | null) =>
  key !== null && (await env.LOGOS.head(key)) !== null
export const garbage = async (key: string | null) =>
  db
    .select()
    .from(logoGarbage)
    .where(eq(logoGarbage.key, key ?? ''))

export const setCommunity = (id: string, change: Partial<typeof communities.$inferInsert>) =>
  db.update(communities).set(change).where(eq(communities.id, id))

export function depsOf(bindings: Env = env) {
  return createDeps(bindings, configOf(bindings), {
    requestId: crypto.randomUUID(),
    waitUntil: () => undefined,
    route: () => 'test',
  })
}

export async function runCron(bindings: Env = env): Promise<void> {
  const context = createExecutionContext()
  await worker.scheduled(createScheduledController({ cron: '* * * * *' }), bindings, context)
  await waitOnExecutionContext(context)
}
