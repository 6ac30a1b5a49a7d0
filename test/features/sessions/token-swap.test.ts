/** Each token opens its own door and no other (ASVS V9.2.2), and a door takes its token in one form only. */
import { env } from 'cloudflare:workers'
import { desc, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import {
  communities,
  memberships,
  oneTimeTokens,
  sessions,
  users,
} from '../../../src/db/schema/index.ts'
import {
  db,
  linkTokenOf,
  ownerIn,
  postLogin,
  postVerification,
  signedUp,
  verified,
} from '../../factories.ts'
import { newSigningKey } from '../../lib/raw-jwt.ts'
import { mailedToken, me, openSession, postRefresh, sessionRow } from '../../session-client.ts'
import { type Answer, API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { endingsOf, patchAccount } from './clients.ts'

const NEW_PASSWORD = 'Quiet-Lantern-64'

/** Everything that one person was ever given, everything that is stored of it, and what is no token at all. */
async function keyRingOf() {
  const owner = await ownerIn('active')
  const first = await openSession(owner)
  // The second login on a device that the account does not know: its mail has the not-me link.
  const session = await openSession(owner, { transport: 'cookie' })
  const { communityId } = await signedUp({ email: owner.email })
  await call(`${API}/auth/forgot-password`, { body: { email: owner.email } })
  const row = await sessionRow(session.id)
  const links = await db
    .select()
    .from(oneTimeTokens)
    .where(eq(oneTimeTokens.email, owner.email))
    .orderBy(desc(oneTimeTokens.createdAt))
  const storedOf = (purpose: string) => links.find((link) => link.purpose === purpose)?.tokenHash
  const tokens: Record<string, string> = {
    access: session.accessToken,
    refresh: session.refreshToken,
    device: session.deviceToken,
    csrf: session.csrfToken,
    'verify link': await linkTokenOf(communityId),
    'reset link': await mailedToken(owner.email, 'reset_password'),
    'not-me link': await mailedToken(owner.email, 'not_me'),
    'secret of the refresh token': session.refreshToken.split('.')[3] ?? '',
    'stored hash of the refresh token': row.tokenHash,
    'stored hash of the verify link': String(storedOf('verify_email')),
    'stored hash of the reset link': String(storedOf('reset_password')),
    'stored hash of the not-me link': String(storedOf('not_me')),
    'id of the session': session.id,
    'id of the user': session.userId,
    'id of the device': row.deviceId,
  }
  return { owner, first, session, tokens }
}

type Holder = Awaited<ReturnType<typeof keyRingOf>>

interface Door {
  right: string
  open(token: string, holder: Holder): Promise<Answer>
  refusal: [status: number, code: string]
}

const post = (path: string, options: CallOptions) =>
  call(`${API}${path}`, { ...options, method: 'POST' })
const asCookie = (name: string, token: string, csrf?: string): CallOptions => ({
  headers: { Cookie: `__Host-${name}=${token}`, ...(csrf && { 'X-CSRF-Token': csrf }) },
})

const DOORS: Record<string, Door> = {
  'Authorization header on /auth/me': {
    right: 'access',
    open: (token) => me(token),
    refusal: [401, 'unauthenticated'],
  },
  'access cookie on /auth/me': {
    right: 'access',
    open: (token) => call(`${API}/auth/me`, asCookie('access', token)),
    refusal: [401, 'unauthenticated'],
  },
  'refresh token in the body of /auth/refresh': {
    right: 'refresh',
    open: (token) => postRefresh(token),
    refusal: [403, 'refresh_invalid'],
  },
  'refresh cookie on /auth/refresh': {
    right: 'refresh',
    open: (token, { session }) =>
      post('/auth/refresh', asCookie('refresh', token, session.csrfToken)),
    refusal: [403, 'refresh_invalid'],
  },
  'refresh cookie on /auth/csrf': {
    right: 'refresh',
    open: (token) => call(`${API}/auth/csrf`, asCookie('refresh', token)),
    refusal: [401, 'unauthenticated'],
  },
  'CSRF header beside the refresh cookie': {
    right: 'csrf',
    open: (token, { session }) =>
      post('/auth/refresh', asCookie('refresh', session.refreshToken, token)),
    refusal: [403, 'csrf_failed'],
  },
  'CSRF header beside the access cookie': {
    right: 'csrf',
    open: (token, { session }) => patchAccount(asCookie('access', session.accessToken, token)),
    refusal: [403, 'csrf_failed'],
  },
  'token of /auth/verify-email': {
    right: 'verify link',
    open: (token) => postVerification(token),
    refusal: [400, 'token_invalid'],
  },
  'token of /auth/reset-password': {
    right: 'reset link',
    open: (token) => post('/auth/reset-password', { body: { token, password: NEW_PASSWORD } }),
    refusal: [400, 'token_invalid'],
  },
  'token of /auth/not-me': {
    right: 'not-me link',
    open: (token) => post('/auth/not-me', { body: { token } }),
    refusal: [400, 'token_invalid'],
  },
  'refresh token in the body of /auth/logout': {
    right: 'refresh',
    open: (token) => post('/auth/logout', { body: { refreshToken: token } }),
    refusal: [403, 'refresh_invalid'],
  },
  'Authorization header on /auth/logout-all': {
    right: 'access',
    open: (token) => post('/auth/logout-all', { token }),
    refusal: [401, 'unauthenticated'],
  },
}

describe('a token opens its own door and no other', () => {
  it.each(Object.entries(DOORS))('%s', async (_, { right, open, refusal }) => {
    const holder = await keyRingOf()
    const { tokens, session } = holder
    const [status, code] = refusal
    const before = await endingsOf(session.userId)
    const inBody = code === 'refresh_invalid' || code === 'token_invalid'
    for (const [kind, token] of Object.entries(tokens)) {
      if (kind === right) continue
      const answer = await open(token, holder)
      const told = { kind, status: answer.status, code: answer.json.code }
      // A JWT is longer than any other token may be: as a field of a body it is refused unread.
      const isTooLong = inBody && token.length > 512 && answer.status === 422
      expect(told).toEqual(
        isTooLong ? { kind, status: 422, code: 'validation_failed' } : { kind, status, code },
      )
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect(await endingsOf(session.userId)).toEqual(before)
    expectStatus(await open(tokens[right] ?? '', holder), 200)
  })

  it('/auth/verify-reset-token says of no other token that it would set a password', async () => {
    const { tokens } = await keyRingOf()
    for (const [kind, token] of Object.entries(tokens)) {
      const answer = await post('/auth/verify-reset-token', { body: { token } })
      const valid = answer.status === 200 ? answer.data.valid : false
      expect({ kind, valid }).toEqual({ kind, valid: kind === 'reset link' })
    }
  })

  it('the device of a login is known by a device token alone', async () => {
    const { owner, tokens } = await keyRingOf()
    const { email, password } = owner
    const known = tokens['id of the device']
    for (const [kind, token] of Object.entries(tokens)) {
      const byBody = { email, password, deviceToken: token }
      const byCookie = [{ email, password }, asCookie('device', token)] as const
      for (const answer of [await postLogin(byBody), await postLogin(...byCookie)]) {
        if (answer.status === 422) continue
        expectStatus(answer, 200)
        const { deviceId } = await sessionRow((answer.data.session as { id: string }).id)
        expect({ kind, isKnown: deviceId === known }).toEqual({ kind, isKnown: kind === 'device' })
      }
    }
  })
})

describe('who a token speaks for', () => {
  it('a new account of the same address gets nothing of the old one: its tokens stay dead', async () => {
    const owner = await ownerIn('active')
    const old = await openSession(owner)
    await db.delete(sessions).where(eq(sessions.userId, old.userId))
    await db.delete(memberships).where(eq(memberships.userId, old.userId))
    await db.delete(users).where(eq(users.id, old.userId))
    const again = await verified({ email: owner.email })
    await db
      .update(communities)
      .set({ status: 'active' })
      .where(eq(communities.id, again.communityId))
    const anew = await openSession(again)
    expect(anew.userId).not.toBe(old.userId)
    expectStatus(await me(old.accessToken), 401, 'session_ended')
    expectStatus(await postRefresh(old.refreshToken), 403, 'refresh_invalid')
    expectStatus(await me(anew.accessToken), 200)
  })

  it('tokens of another environment are refused: other keys, another issuer or another audience', async () => {
    const owner = await ownerIn('active')
    const here = await openSession(owner)
    const key = await newSigningKey('staging')
    const secret = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    const others: [string, Partial<Env>, number][] = [
      ['issuer', { JWT_ISSUER: 'https://auth.staging.example' }, 200],
      ['audience', { JWT_AUDIENCE: 'staging' }, 200],
      ['signing key', { JWT_PRIVATE_KEYS: JSON.stringify({ keys: [key] }) }, 200],
      ['secret', { AUTH_SECRETS: `1:${secret}` }, 403],
    ]
    for (const [what, vars, refreshes] of others) {
      const staging = { ...env, ...vars }
      const session = await openSession(owner, { call: { env: staging } })
      expectStatus(await me(session.accessToken, { env: staging }), 200)
      const { status } = await me(session.accessToken)
      const isForeignKey = what === 'secret'
      expect({ what, status }).toEqual({ what, status: isForeignKey ? 200 : 401 })
      // The refresh token is bound to AUTH_SECRETS alone.
      const refreshed = await postRefresh(session.refreshToken)
      expect({ what, status: refreshed.status }).toEqual({ what, status: refreshes })
    }
    expectStatus(await me(here.accessToken), 200)
  })
})
