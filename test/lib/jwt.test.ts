import { beforeAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../src/lib/encoding.ts'
import {
  type JwtSettings,
  type SigningKey,
  signAccessToken,
  toJwks,
  verifyAccessToken,
} from '../../src/lib/jwt.ts'
import { newSigningKey, signRaw, signWithHmac } from './raw-jwt.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const SECOND = 1000
const YEAR = 365 * 24 * 3600
const TTL = 900

const CLAIMS = { sub: 'user-1', sid: 'session-1', cid: 'community-1', role: 'CommunityOwner' }
const IAT = NOW / SECOND

let first: SigningKey
let second: SigningKey
let settings: JwtSettings

const withKeys = (...keys: [SigningKey, ...SigningKey[]]): JwtSettings => ({ ...settings, keys })
const issue = (by: JwtSettings, now = NOW) =>
  signAccessToken(by, CLAIMS, { now, ttlSeconds: TTL, jti: 'jti-1' })
const check = (token: string, now = NOW) => verifyAccessToken(settings, token, now)

const header = (overrides: object = {}) => ({
  alg: 'ES256',
  typ: 'at+jwt',
  kid: 'first',
  ...overrides,
})
const payload = (overrides: object = {}) => ({
  iss: 'gatehouse',
  aud: 'gatehouse',
  jti: 'jti-1',
  iat: IAT,
  exp: IAT + TTL,
  ...CLAIMS,
  ...overrides,
})

const INVALID = { ok: false, reason: 'invalid' }
/** Enough to log out with: its claims are told. */
const EXPIRED = { ok: false, reason: 'expired', claims: CLAIMS }

beforeAll(async () => {
  first = await newSigningKey('first')
  second = await newSigningKey('second')
  settings = { issuer: 'gatehouse', audience: 'gatehouse', keys: [first] }
})

describe('an access token works', () => {
  it('gives back the claims it was made with', async () => {
    expect(await check(await issue(settings))).toEqual({ ok: true, claims: CLAIMS })
  })

  it('is what another service expects: ES256, at+jwt, kid, issuer, audience and whole seconds', async () => {
    const token = await issue(settings, NOW + 999)
    const [head = '', body = ''] = token.split('.')
    expect(JSON.parse(atob(head))).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'first' })
    expect(JSON.parse(atob(body))).toEqual(payload())
  })

  it('is accepted when signed by hand in the same form, so that the refusals below mean something', async () => {
    const token = await signRaw(first, header(), payload())
    expect(await check(token)).toEqual({ ok: true, claims: CLAIMS })
    const media = await signRaw(first, header({ typ: 'application/at+jwt' }), payload())
    expect(await check(media)).toEqual({ ok: true, claims: CLAIMS })
  })

  it('is accepted where its audience is a list with ours in it, as RFC 9068 allows', async () => {
    const token = await signRaw(first, header(), payload({ aud: ['billing', 'gatehouse'] }))
    expect(await check(token)).toEqual({ ok: true, claims: CLAIMS })
  })

  it('ignores claims that it does not know', async () => {
    const token = await signRaw(first, header(), payload({ admin: true, scope: 'everything' }))
    expect(await check(token)).toEqual({ ok: true, claims: CLAIMS })
  })

  it('publishes the public halves of the keys and nothing of the private ones', () => {
    const jwks = toJwks(withKeys(first, second))
    expect(jwks.keys.map(({ kid }) => kid)).toEqual(['first', 'second'])
    for (const key of jwks.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
      expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' })
    }
    expect(JSON.stringify(jwks)).not.toContain(first.d)
  })
})

describe('rotation of the signing key works', () => {
  it('signs with the first key and verifies with each by its kid', async () => {
    const old = await issue(withKeys(first))
    const rotated = withKeys(second, first)
    const fresh = await issue(rotated)
    expect(JSON.parse(atob(fresh.split('.')[0] ?? ''))).toMatchObject({ kid: 'second' })
    expect(await verifyAccessToken(rotated, old, NOW)).toMatchObject({ ok: true })
    expect(await verifyAccessToken(rotated, fresh, NOW)).toMatchObject({ ok: true })
  })

  it('refuses tokens of a key that has been removed', async () => {
    const old = await issue(withKeys(first))
    expect(await verifyAccessToken(withKeys(second), old, NOW)).toEqual(INVALID)
  })

  it('refuses a token that names one of our keys and is signed by the other', async () => {
    const mixed = await signRaw(second, header({ kid: 'first' }), payload())
    expect(await verifyAccessToken(withKeys(first, second), mixed, NOW)).toEqual(INVALID)
  })
})

describe('an access token is refused', () => {
  it.each(['none', 'None', 'NONE', 'noNE', 'es256', 'ES384', 'RS256', 'EdDSA', '', null, 1, []])(
    'with alg %j',
    async (alg) => {
      const signed = await signRaw(first, header({ alg }), payload())
      expect(await check(signed)).toEqual(INVALID)
      const [head, body] = signed.split('.')
      expect(await check(`${head}.${body}.`)).toEqual(INVALID)
    },
  )

  it('with HS256 and our public key as the secret, in each spelling of that key', async () => {
    const publicKey = toJwks(settings).keys[0] ?? {}
    const { x = '', y = '' } = publicKey
    const secrets = [JSON.stringify(publicKey), `${x}`, `${x}${y}`].map(utf8)
    for (const secret of secrets) {
      const token = await signWithHmac(secret, header({ alg: 'HS256' }), payload())
      expect(await check(token)).toEqual(INVALID)
    }
  })

  it('when another key signed it under our kid', async () => {
    const impostor = await newSigningKey('first')
    expect(await check(await signRaw(impostor, header(), payload()))).toEqual(INVALID)
  })

  it('when it brings its own key along', async () => {
    const impostor = await newSigningKey('first')
    const { kty, crv, x, y } = impostor
    const token = await signRaw(impostor, header({ jwk: { kty, crv, x, y } }), payload())
    expect(await check(token)).toEqual(INVALID)
  })

  it.each(['JWT', 'jwt', 'rt+jwt', 'at+jwt ', '', null, 0, ['at+jwt']])(
    'with typ %j',
    async (typ) => {
      expect(await check(await signRaw(first, header({ typ }), payload()))).toEqual(INVALID)
    },
  )

  it('without typ or without kid', async () => {
    const noType = await signRaw(first, { alg: 'ES256', kid: 'first' }, payload())
    const noKid = await signRaw(first, { alg: 'ES256', typ: 'at+jwt' }, payload())
    expect([await check(noType), await check(noKid)]).toEqual([INVALID, INVALID])
  })

  it.each([
    'unknown',
    'FIRST',
    '../../first',
    "first' or 1=1--",
    'https://evil.example/jwks.json',
    '__proto__',
    'constructor',
    '',
    null,
    0,
    ['first'],
    { kid: 'first' },
  ])('with kid %j', async (kid) => {
    expect(await check(await signRaw(first, header({ kid }), payload()))).toEqual(INVALID)
  })

  it.each([
    ['iss', ['Gatehouse', 'gatehouse/', 'https://evil.example', '', null, 1, ['gatehouse'], {}]],
    ['aud', ['Gatehouse', 'billing', '', null, 1, [], ['billing'], [['gatehouse']], {}]],
    ['sub', ['', null, 1, true, ['user-1'], {}]],
    ['sid', ['', null, 1, true, ['session-1'], {}]],
    ['cid', ['', null, 1, true, ['community-1'], {}]],
    ['role', ['', null, 1, true, ['Admin'], {}]],
    ['jti', ['', null, 1, true, ['jti-1'], {}]],
  ])('with a wrong %s', async (claim, values) => {
    for (const value of values) {
      const token = await signRaw(first, header(), payload({ [claim]: value }))
      expect({ value, verified: await check(token) }).toEqual({ value, verified: INVALID })
    }
  })

  it.each(['iss', 'aud', 'sub', 'sid', 'cid', 'role', 'jti', 'iat', 'exp'])(
    'without %s',
    async (claim) => {
      const claims = Object.fromEntries(
        Object.entries(payload()).filter(([name]) => name !== claim),
      )
      expect(await check(await signRaw(first, header(), claims))).toEqual(INVALID)
    },
  )

  it.each(['exp', 'iat'])('with a %s that is no sane number of seconds', async (claim) => {
    const sane = JSON.stringify(payload())
    const seconds = claim === 'exp' ? IAT + TTL : IAT
    const odd = [
      `"${seconds}"`,
      `"${new Date(NOW).toISOString()}"`,
      '1e400',
      '-1e400',
      'null',
      'true',
      '[]',
      `[${seconds}]`,
      '{}',
      '"NaN"',
      '""',
      '-1',
      `-${seconds}`,
      '0',
      `${seconds}.5`,
      // Milliseconds where seconds are meant: a token for the next fifty thousand years.
      `${seconds * 1000}`,
      '9007199254740993',
    ]
    for (const text of odd) {
      const claims = sane.replace(`"${claim}":${seconds}`, `"${claim}":${text}`)
      expect(claims).not.toBe(sane)
      const verified = await check(await signRaw(first, header(), claims))
      expect({ text, ok: verified.ok }).toEqual({ text, ok: false })
    }
  })

  it('when the JSON says NaN', async () => {
    const claims = JSON.stringify(payload()).replace(/"exp":\d+/, '"exp":NaN')
    expect(await check(await signRaw(first, header(), claims))).toEqual(INVALID)
  })

  it('when it lives longer than any configuration allows', async () => {
    const token = await signRaw(first, header(), payload({ exp: IAT + 20 * YEAR }))
    expect(await check(token)).toEqual(INVALID)
  })

  it('before its nbf, if it has one', async () => {
    const later = await signRaw(first, header(), payload({ nbf: IAT + 60 }))
    expect(await check(later)).toEqual(INVALID)
    expect(await check(later, NOW + 60 * SECOND)).toMatchObject({ ok: true })
  })
})

describe('the time of an access token', () => {
  it.each([
    ['at once', 0, true],
    ['a millisecond before its end', TTL * SECOND - 1, true],
    ['at its end', TTL * SECOND, true],
    ['4.999 s after its end, for clocks differ', (TTL + 5) * SECOND - 1, true],
    ['5 s after its end', (TTL + 5) * SECOND, false],
    ['a year after its end', (TTL + YEAR) * SECOND, false],
    ['twenty years after its end', 20 * YEAR * SECOND, false],
  ])('%s', async (_, later, ok) => {
    const verified = await check(await issue(settings), NOW + later)
    expect(verified).toEqual(ok ? { ok: true, claims: CLAIMS } : EXPIRED)
  })

  it.each([
    ['4 s before it was made, for clocks differ', 4, true],
    ['5 s before it was made', 5, true],
    ['6 s before it was made', 6, false],
    ['a year before it was made', YEAR, false],
    ['twenty years before it was made', 20 * YEAR, false],
  ])('%s', async (_, earlier, ok) => {
    const verified = await check(await issue(settings), NOW - earlier * SECOND)
    expect(verified).toEqual(ok ? { ok: true, claims: CLAIMS } : INVALID)
  })

  it('is told as expired only where everything else is right', async () => {
    const impostor = await newSigningKey('first')
    const past = payload({ iat: IAT - 2 * TTL, exp: IAT - TTL })
    expect(await check(await signRaw(first, header(), past))).toEqual(EXPIRED)
    expect(await check(await signRaw(impostor, header(), past))).toEqual(INVALID)
    expect(await check(await signRaw(first, header(), { ...past, aud: 'billing' }))).toEqual(
      INVALID,
    )
  })
})
