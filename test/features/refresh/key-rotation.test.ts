/**
 * Keys change without anybody being logged out: a new one is deployed second, where it verifies; first, where it
 * signs, once that is everywhere; the old one goes when nothing carries it any more. While a deployment spreads, workers
 * of two stages answer side by side.
 */
import { env } from 'cloudflare:workers'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import type { SigningKey } from '../../../src/lib/jwt.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { parseRefreshToken } from '../../../src/lib/tokens.ts'
import { newSigningKey } from '../../lib/raw-jwt.ts'
import {
  cookieOf,
  me,
  openSession,
  postRefresh,
  refreshByCookie,
  sessionRow,
  tokensOf,
} from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { race, tally } from '../../support/race.ts'
import {
  expectAlive,
  expectRefused,
  GRACE,
  HOUR,
  MINUTE,
  MORE_THAN_GRACE,
  pass,
  pictureOf,
  SECOND,
  somebody,
  stopClock,
} from './refresh-world.ts'

describe('AUTH_SECRETS', () => {
  stopClock()

  const fresh = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
  const [older, newer] = [env.AUTH_SECRETS, `2:${fresh}`]
  const stage = (AUTH_SECRETS: string): Env => ({ ...env, AUTH_SECRETS })
  /** In the order in which they are deployed. */
  const before = stage(older)
  const second = stage(`${older},${newer}`)
  const first = stage(`${newer},${older}`)
  const retired = stage(newer)

  const partsUnder = (run: Env, text: string) =>
    parseRefreshToken(createKeyRing(configOf(run).authSecrets), text)
  const next = async (refreshToken: string, run: Env) => {
    const answer = await postRefresh(refreshToken, { env: run })
    expectStatus(answer, 200)
    return tokensOf(answer)
  }

  it('a session that refreshes on its way goes through all stages, and its device stays known', async () => {
    const { person, session } = await somebody()
    let { refreshToken } = session
    for (const run of [before, second, first, retired]) {
      for (let n = 0; n < 2; n++) {
        pass(HOUR)
        ;({ refreshToken } = await next(refreshToken, run))
      }
    }
    expect(partsUnder(retired, refreshToken)?.generation).toBe(9)
    expect(partsUnder(before, refreshToken)).toBeUndefined()
    expect((await sessionRow(session.id)).deviceId).toBe(session.deviceToken.split('.')[0])
    const { deviceToken } = session
    const again = await openSession(person, { deviceToken, call: { env: first } })
    expect((await sessionRow(again.id)).deviceId).toBe((await sessionRow(session.id)).deviceId)
  })

  it('the new secret verifies at once where it stands second, and signs only where it stands first', async () => {
    const { session } = await somebody()
    const underOlder = await next(session.refreshToken, second)
    expect(partsUnder(before, underOlder.refreshToken)).toBeDefined()
    const underNewer = await next(underOlder.refreshToken, first)
    expect(partsUnder(before, underNewer.refreshToken)).toBeUndefined()
    expect(partsUnder(retired, underNewer.refreshToken)).toBeDefined()
    await next(underNewer.refreshToken, second)
  })

  it.each([
    ['before the switch, retried after it', second, first],
    ['after the switch, retried where it has not arrived yet', first, second],
    ['before the new secret came, retried where it is second', before, second],
    ['where it is second, retried where it has not come yet', second, before],
  ])('a token rotated %s, gives the same successor within the grace', async (_, one, other) => {
    const { session } = await somebody()
    const given = await next(session.refreshToken, one)
    pass(GRACE)
    const retried = await next(session.refreshToken, other)
    const successor = partsUnder(first, given.refreshToken)
    expect(successor).toMatchObject({ sessionId: session.id, generation: 2 })
    expect(partsUnder(first, retried.refreshToken)).toEqual(successor)
    expect((await sessionRow(session.id)).generation).toBe(2)
    // Whichever of the two the client keeps, it goes on, and the other may still be retried.
    const onward = await next(retried.refreshToken, one)
    const twin = await next(given.refreshToken, other)
    expect(partsUnder(first, twin.refreshToken)).toEqual(partsUnder(first, onward.refreshToken))
    expectStatus(await me(onward.accessToken), 200)
  })

  it('twenty at once, half before and half after the switch, get one successor', async () => {
    const { session } = await somebody()
    let current = session.refreshToken
    for (let round = 1; round <= 5; round++) {
      const answers = await race(20, (n) =>
        postRefresh(current, { env: (n + round) % 2 ? first : second }),
      )
      expect(tally(answers)).toEqual({ '200': 20 })
      const tokens = answers.map((answer) => tokensOf(answer).refreshToken)
      expect(new Set(tokens.map((text) => partsUnder(first, text)?.secret)).size).toBe(1)
      expect((await sessionRow(session.id)).generation).toBe(round + 1)
      pass(MORE_THAN_GRACE)
      current = tokens[round] ?? ''
    }
  })

  it('an old token is reuse on both sides of the switch', async () => {
    for (const run of [second, first]) {
      const { session } = await somebody()
      const given = await next(session.refreshToken, run === first ? second : first)
      pass(MORE_THAN_GRACE)
      expectRefused(await postRefresh(session.refreshToken, { env: run }), 'refresh_reused')
      await expectRefusedUnder(run, given.refreshToken)
      expectRefused(await me(session.accessToken), 'session_ended')
    }
  })

  it('a token of a retired secret is refused and ends nothing; with the secret back it goes on', async () => {
    const { person, session } = await somebody()
    const other = await openSession(person, { call: { env: first } })
    const parent = await next(session.refreshToken, second)
    const current = await next(parent.refreshToken, second)
    pass(MORE_THAN_GRACE)
    const picture = await pictureOf(session.userId)
    for (const { refreshToken } of [current, parent, session]) {
      await expectRefusedUnder(retired, refreshToken)
    }
    expect(await pictureOf(session.userId)).toEqual(picture)
    await expectAlive(session)
    await next(other.refreshToken, retired)
    await next(current.refreshToken, first)
  })

  it('a parent whose successor was made under a secret since retired is refused, and ends nothing', async () => {
    const { session } = await somebody()
    const parent = await next(session.refreshToken, first)
    await next(parent.refreshToken, second)
    const picture = await pictureOf(session.userId)
    await expectRefusedUnder(retired, parent.refreshToken)
    expect(await pictureOf(session.userId)).toEqual(picture)
    await expectAlive(session)
  })

  it('a CSRF token works until its secret is retired, and a page can always ask for the present one', async () => {
    const { session } = await somebody('hybrid')
    const { csrfToken } = session
    let { cookie } = session
    for (const run of [second, first]) {
      const answer = await refreshByCookie({ cookie, csrfToken }, { env: run })
      expectStatus(answer, 200)
      cookie = cookieOf(answer)
    }
    expectRefused(await refreshByCookie({ cookie, csrfToken }, { env: retired }), 'csrf_failed')
    const asked = await call(`${API}/auth/csrf`, { headers: { Cookie: cookie }, env: retired })
    const present = { cookie, csrfToken: String(asked.data.csrfToken) }
    expectStatus(await refreshByCookie(present, { env: retired }), 200)
  })

  async function expectRefusedUnder(run: Env, refreshToken: string) {
    expectRefused(await postRefresh(refreshToken, { env: run }), 'refresh_invalid')
  }
})

describe('JWT_PRIVATE_KEYS', () => {
  stopClock()

  const kidOf = (accessToken: string) => decodeProtectedHeader(accessToken).kid
  const jwks = async (run: Env) => {
    const answer = await call('/.well-known/jwks.json', { env: run })
    expectStatus(answer, 200)
    return answer
  }
  const stage = (...keys: SigningKey[]): Env => ({
    ...env,
    JWT_PRIVATE_KEYS: JSON.stringify({ keys }),
  })

  /** In the order in which they are deployed. */
  async function stages() {
    const [older, newer] = [await newSigningKey('older'), await newSigningKey('newer')]
    return {
      before: stage(older),
      second: stage(older, newer),
      first: stage(newer, older),
      retired: stage(newer),
    }
  }

  async function signedInUnder(run: Env) {
    const { person } = await somebody()
    return openSession(person, { call: { env: run } })
  }

  it('the first key signs, and what each of them has signed is accepted', async () => {
    const { before, second, first } = await stages()
    const session = await signedInUnder(before)
    expect(kidOf(session.accessToken)).toBe('older')
    const tokens = [session.accessToken]
    let { refreshToken } = session
    for (const [run, kid] of [
      [second, 'older'],
      [first, 'newer'],
      [first, 'newer'],
    ] as const) {
      const answer = await postRefresh(refreshToken, { env: run })
      expectStatus(answer, 200)
      tokens.push(tokensOf(answer).accessToken)
      ;({ refreshToken } = tokensOf(answer))
      expect(kidOf(String(tokens.at(-1)))).toBe(kid)
    }
    for (const run of [second, first]) {
      for (const token of tokens) expectStatus(await me(token, { env: run }), 200)
    }
  })

  it('a token of the older key is good until it expires', async () => {
    const { before, first } = await stages()
    const { accessToken } = await signedInUnder(before)
    pass(15 * MINUTE - SECOND)
    expectStatus(await me(accessToken, { env: first }), 200)
    pass(10 * SECOND)
    expectRefused(await me(accessToken, { env: first }), 'access_token_expired')
  })

  it('a token whose key is no longer there is 401; its refresh token brings one of the new key', async () => {
    const { before, retired } = await stages()
    const session = await signedInUnder(before)
    expectRefused(await me(session.accessToken, { env: retired }), 'unauthenticated')
    const answer = await postRefresh(session.refreshToken, { env: retired })
    expectStatus(answer, 200)
    const { accessToken } = tokensOf(answer)
    expect(kidOf(accessToken)).toBe('newer')
    expectStatus(await me(accessToken, { env: retired }), 200)
  })

  it('a token of the new key is 401 where that key is not known yet: hence second before first', async () => {
    const { before, second, first } = await stages()
    const { accessToken } = await signedInUnder(first)
    expectRefused(await me(accessToken, { env: before }), 'unauthenticated')
    expectStatus(await me(accessToken, { env: second }), 200)
  })

  it('a key that only calls itself as the other one does not pass for it', async () => {
    const { before } = await stages()
    const { accessToken } = await signedInUnder(before)
    expectRefused(
      await me(accessToken, { env: stage(await newSigningKey('older')) }),
      'unauthenticated',
    )
  })

  it('jwks shows every key, public parts only, and may be kept for a while', async () => {
    const { before, second, first, retired } = await stages()
    const kids = async (run: Env) =>
      ((await jwks(run)).json.keys as { kid: string }[]).map(({ kid }) => kid)
    expect(await kids(before)).toEqual(['older'])
    expect((await kids(second)).sort()).toEqual(['newer', 'older'])
    expect((await kids(first)).sort()).toEqual(['newer', 'older'])
    expect(await kids(retired)).toEqual(['newer'])
    const answer = await jwks(first)
    for (const key of answer.json.keys as object[]) {
      expect(key).toEqual({
        kty: 'EC',
        crv: 'P-256',
        alg: 'ES256',
        use: 'sig',
        kid: expect.stringMatching(/^(older|newer)$/),
        x: expect.any(String),
        y: expect.any(String),
      })
    }
    expect(answer.headers.get('Cache-Control')).toMatch(/^public, max-age=\d+$/)
    for (const { d } of configOf(first).jwt.keys) expect(answer.text).not.toContain(d)
  })

  it('another service verifies by jwks alone, with one fetched before the new key signed', async () => {
    const { before, second, first } = await stages()
    const fetchedEarly = createLocalJWKSet((await jwks(second)).json as unknown as JSONWebKeySet)
    const sessions = [await signedInUnder(before), await signedInUnder(first)]
    for (const { accessToken, id } of sessions) {
      const { payload } = await jwtVerify(accessToken, fetchedEarly, {
        issuer: configOf(env).jwt.issuer,
        audience: configOf(env).jwt.audience,
        typ: 'at+jwt',
        algorithms: ['ES256'],
        currentDate: new Date(),
      })
      expect(payload.sid).toBe(id)
    }
  })
})
