import { beforeAll, describe, expect, it, vi } from 'vitest'
import { toBase64Url } from '../../src/lib/encoding.ts'
import {
  type JwtSettings,
  type SigningKey,
  signAccessToken,
  verifyAccessToken,
} from '../../src/lib/jwt.ts'
import { expectQuickAnswer, HOSTILE_TEXTS } from './hostile.ts'
import { encode, newSigningKey, signRaw } from './raw-jwt.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const CLAIMS = { sub: 'user-1', sid: 'session-1', cid: 'community-1', role: 'CommunityOwner' }
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const INVALID = { ok: false, reason: 'invalid' }

let first: SigningKey
let settings: JwtSettings

const issue = (by: JwtSettings) =>
  signAccessToken(by, CLAIMS, { now: NOW, ttlSeconds: 900, jti: 'jti-1' })
const check = (token: string) => verifyAccessToken(settings, token, NOW)
const header = (overrides: object = {}) => ({
  alg: 'ES256',
  typ: 'at+jwt',
  kid: 'first',
  ...overrides,
})
const payload = (overrides: object = {}) => {
  const iat = NOW / 1000
  const fixed = { iss: 'gatehouse', aud: 'gatehouse', jti: 'jti-1', iat, exp: iat + 900 }
  return { ...fixed, ...CLAIMS, ...overrides }
}

beforeAll(async () => {
  first = await newSigningKey('first')
  settings = { issuer: 'gatehouse', audience: 'gatehouse', keys: [first] }
})

describe('access tokens are safe', () => {
  it('refuses any flipped character', async () => {
    const token = await issue(settings)
    const places = Array.from(token, (_, at) => at)
    const verified = await Promise.all(
      places.map((at) => check(`${token.slice(0, at)}${flip(token[at])}${token.slice(at + 1)}`)),
    )
    expect(verified.flatMap(({ ok }, at) => (ok ? [at] : []))).toEqual([])
  })

  it('knows one spelling of a signature: bits that its last character does not need are zero', async () => {
    const token = await issue(settings)
    const start = token.slice(0, -1)
    const last = ALPHABET.indexOf(token.slice(-1))
    const accepted = await Promise.all(
      [...ALPHABET].map(async (char) => ((await check(`${start}${char}`)).ok ? char : '')),
    )
    // 64 bytes are 85 characters and two bits more (RFC 4648 §3.5): 16 characters stand for the same two bits.
    expect(last % 16).toBe(0)
    expect(accepted.join('')).toBe(token.slice(-1))
  })

  it('never looks a key up elsewhere, whatever the header asks for', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    const impostor = await newSigningKey('first')
    for (const name of ['jku', 'x5u']) {
      const hint = header({ [name]: 'https://evil.example/keys' })
      expect(await check(await signRaw(impostor, hint, payload()))).toEqual(INVALID)
      // The hint changes nothing about a token that is ours.
      expect(await check(await signRaw(first, hint, payload()))).toMatchObject({ ok: true })
    }
    expect(fetched).not.toHaveBeenCalled()
    fetched.mockRestore()
  })

  it('refuses header extensions that it does not understand', async () => {
    const critical = header({ crit: ['exp'], exp: 1 })
    expect(await check(await signRaw(first, critical, payload()))).toEqual(INVALID)
    const unencoded = header({ crit: ['b64'], b64: false })
    expect(await check(await signRaw(first, unencoded, payload()))).toEqual(INVALID)
  })

  it('refuses an encrypted token of five parts, and one that asks for a costly key derivation, at once', async () => {
    const jwe = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 2_147_483_647, p2s: 'c2FsdA' }
    const zipped = { alg: 'dir', enc: 'A256GCM', zip: 'DEF', kid: 'first', typ: 'at+jwt' }
    await expectQuickAnswer(async () => {
      for (const head of [jwe, zipped, { ...jwe, kid: 'first', typ: 'at+jwt' }]) {
        expect(await check(`${encode(head)}.a.b.c.d`)).toEqual(INVALID)
        expect(await check(`${encode(head)}.${encode(payload())}.AAAA`)).toEqual(INVALID)
      }
    }, 250)
  })

  it('refuses the JSON serialisations', async () => {
    const [head = '', body = '', signature = ''] = (await issue(settings)).split('.')
    const flattened = { protected: head, payload: body, signature }
    const general = { payload: body, signatures: [{ protected: head, signature }] }
    for (const form of [flattened, general]) {
      expect(await check(JSON.stringify(form))).toEqual(INVALID)
      expect(await check(`${encode(form)}..`)).toEqual(INVALID)
    }
  })

  it('refuses more than 4 KiB unread, even where the signature is right', async () => {
    const padded = await signRaw(first, header(), payload({ note: 'x'.repeat(4096) }))
    expect(await check(padded)).toEqual(INVALID)
    const fitting = await signRaw(first, header(), payload({ note: 'x'.repeat(2000) }))
    expect(await check(fitting)).toMatchObject({ ok: true })
  })

  it('refuses a zero signature and one of another length', async () => {
    const [head, body, signature = ''] = (await issue(settings)).split('.')
    const zero = toBase64Url(new Uint8Array(64))
    for (const forged of [zero, '', 'AA', signature.slice(0, -2), `${signature}AA`, `${zero}AAAA`])
      expect(await check(`${head}.${body}.${forged}`)).toEqual(INVALID)
  })

  it.each<[string, string]>([
    ['nothing', ''],
    ['two dots', '..'],
    ['one part', 'a'],
    ['two parts', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['no base64', '!.?.*'],
    ['no JSON', 'YWJj.YWJj.YWJj'],
    ['a JSON array as header', `${btoa('[]')}.e30.AA`],
    ['null as header', `${btoa('null')}.e30.AA`],
    ['half a surrogate', '\ud800.\ud800.\ud800'],
    ['a NUL', '\0.\0.\0'],
    ['our format of refresh tokens', 'rt.a.1.b.c'],
    ...HOSTILE_TEXTS,
  ])('refuses garbage without throwing: %s', async (_, text) => {
    expect(await check(text)).toEqual(INVALID)
    expect(await check(`${text}.${text}.${text}`.slice(0, 4096))).toEqual(INVALID)
  })

  it('refuses a payload that is no object of claims', async () => {
    for (const body of ['[]', 'null', '"text"', '1', '{', '']) {
      expect(await check(await signRaw(first, header(), body))).toEqual(INVALID)
    }
  })

  it('says so loudly when the fault is in our own key', async () => {
    const broken = { ...first, x: 'A'.repeat(43), kid: 'broken' }
    const token = await signRaw(first, header({ kid: 'broken' }), payload())
    await expect(verifyAccessToken({ ...settings, keys: [broken] }, token, NOW)).rejects.toThrow()
  })
})

function flip(char: string | undefined): string {
  return char === 'A' ? 'B' : 'A'
}
