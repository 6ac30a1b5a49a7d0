import { describe, expect, it } from 'vitest'
import { communityRow, linkTokenOf, signedUp, signupForm, unique } from '../factories.ts'
import { API } from '../support/call.ts'
import { expectEnvelope, expectSafeHeaders } from './expect-answer.ts'
import { isUnsafe, routeList } from './route-list.ts'
import { callRaw, streamOf } from './stream-call.ts'

const LOGIN = `${API}/auth/login`
const RESEND = `${API}/auth/resend-verification`
const SIGNUP = `${API}/auth/signup-community`
const KIB = 1024

const email = () => `nobody@${unique()}.example`
/** A JSON object of exactly `size` bytes. */
const jsonOf = (size: number, fields: object = { email: email() }) => {
  const bare = JSON.stringify({ ...fields, padding: '' })
  return bare.replace(/""}$/, `"${'x'.repeat(size - bare.length)}"}`)
}
/** Unsafe routes that anybody may call; the others ask who it is before they look at the body. */
const OPEN = routeList().filter(
  (route) => isUnsafe(route) && !route.steps.includes('authenticateRequest'),
)

describe('the size of a body', () => {
  it('may be 64 KiB', async () => {
    expect((await callRaw(RESEND, { body: jsonOf(64 * KIB) })).status).toBe(202)
  })

  it('may be 3.5 MiB at signup, where the logo is', async () => {
    const form = signupForm({ email: 'not an address' })
    const fits = await callRaw(SIGNUP, { body: jsonOf(3.5 * 1024 * KIB, form) })
    expectEnvelope(fits, 'validation_failed')
    const over = await callRaw(SIGNUP, { body: jsonOf(3.5 * 1024 * KIB + 1, form) })
    expectEnvelope(over, 'payload_too_large')
  })

  it.each(OPEN.filter(({ url }) => url !== SIGNUP))(
    'is 413 beyond 64 KiB: $url',
    async ({ method, url }) => {
      const answer = await callRaw(url, { method, body: jsonOf(64 * KIB + 1) })
      expectEnvelope(answer, 'payload_too_large')
    },
  )

  it.each([
    ['one piece without a length', () => streamOf(jsonOf(64 * KIB + 1))],
    ['many pieces', () => streamOf(...(jsonOf(64 * KIB + 1).match(/.{1,1000}/g) ?? []))],
    ['a piece each byte', () => streamOf(...Array.from('x'.repeat(64 * KIB + 1)))],
  ])('counts what arrives, as %s', async (_, body) => {
    expectEnvelope(await callRaw(RESEND, { body: body() }), 'payload_too_large')
  })

  it.each(['0', '10', '65536', '-1', 'many'])(
    'does not believe a Content-Length of %s',
    async (length) => {
      const headers = { 'Content-Length': length, 'Transfer-Encoding': 'chunked' }
      const over = await callRaw(RESEND, { body: streamOf(jsonOf(64 * KIB + 1)), headers })
      expectEnvelope(over, 'payload_too_large')
      const fits = await callRaw(RESEND, { body: streamOf(jsonOf(100)), headers })
      expect(fits.status).toBe(202)
    },
  )

  it('does not believe a Content-Length that is too large either', async () => {
    const headers = { 'Content-Length': String(10 * 1024 * KIB) }
    expect((await callRaw(RESEND, { body: streamOf(jsonOf(100)), headers })).status).toBe(202)
  })

  it('is judged before its content: too large and not JSON at all is 413', async () => {
    const headers = { 'Content-Type': 'text/plain' }
    const answer = await callRaw(RESEND, { body: 'x'.repeat(64 * KIB + 1), headers })
    expectEnvelope(answer, 'payload_too_large')
  })

  it('is not read to its end once it is too large', async () => {
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(16 * KIB).fill(120))
      },
    })
    expectEnvelope(await callRaw(RESEND, { body: endless }), 'payload_too_large')
    expect(pulled).toBeLessThan(12)
  })
})

describe('the type of a body', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset="utf-8"',
    'application/json;',
  ])('may be %j', async (type) => {
    const headers = { 'Content-Type': type }
    const answer = await callRaw(RESEND, { body: jsonOf(100), headers })
    expect({ status: answer.status, body: answer.text }).toMatchObject({ status: 202 })
  })

  const WRONG = [
    'none',
    'text/plain',
    'TEXT/PLAIN',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'application/json;x',
    'application/json;x=1',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=utf-16',
    'application/jsonp',
    'application/json5',
    'application/ld+json',
    'application/vnd.api+json',
    'text/json',
    'text/html',
    'application/json, text/plain',
    'text/plain, application/json',
    'application/json text/plain',
    'json',
    '*/*',
    'application/*',
    'application/json\t;\tx',
  ]

  it.each(WRONG)('is 415 for %j on every route, and nothing happens', async (type) => {
    for (const { method, url } of OPEN) {
      const headers = { 'Content-Type': type }
      const answer = await callRaw(url, { method, body: jsonOf(200), headers })
      expectEnvelope(answer, 'unsupported_media_type')
    }
  })

  it('is refused also where a foreign page sends it', async () => {
    for (const type of WRONG.slice(1, 7)) {
      const headers = { 'Content-Type': type, Origin: 'https://evil.example' }
      const answer = await callRaw(LOGIN, { body: jsonOf(200), headers })
      expectEnvelope(answer, 'csrf_failed')
    }
  })

  it('does not matter where there is no body: that is no JSON', async () => {
    for (const type of ['none', 'application/json']) {
      const answer = await callRaw(RESEND, { headers: { 'Content-Type': type } })
      expectEnvelope(answer, 'invalid_json')
    }
    expectEnvelope(
      await callRaw(RESEND, { headers: { 'Content-Type': 'text/plain' } }),
      'unsupported_media_type',
    )
  })
})

const bytes = (...values: number[]) => Uint8Array.from(values)
const ascii = (text: string) => new TextEncoder().encode(text)

describe('a body that is no JSON object', () => {
  it.each<[string, BodyInit]>([
    ['empty', ''],
    ['spaces', '   \n'],
    ['broken', '{"email":'],
    ['cut short', '{"email":"a@b.example"'],
    ['single quotes', "{'email':'a@b.example'}"],
    ['a comma too many', '{"email":"a@b.example",}'],
    ['a comment', '{/**/"email":"a@b.example"}'],
    ['two objects', '{"email":"a@b.example"}{}'],
    ['a form', 'email=a%40b.example'],
    ['NaN', '{"email":NaN}'],
    ['a raw line break in a text', '{"email":"a\n@b.example"}'],
    ['an array', '[{"email":"a@b.example"}]'],
    ['an array 10 000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['null', 'null'],
    ['true', 'true'],
    ['a number', '1'],
    ['a text', '"a@b.example"'],
    ['a byte that is not UTF-8', bytes(...ascii('{"email":"a'), 0xff, ...ascii('@b.example"}'))],
    ['an overlong character', bytes(...ascii('{"email":"a'), 0xc0, 0xaf, ...ascii('"}'))],
    ['half a surrogate in UTF-8', bytes(...ascii('{"email":"'), 0xed, 0xa0, 0x80, ...ascii('"}'))],
    ['half a character at the end', bytes(...ascii('{"email":"a@b.example"}'), 0xe2, 0x82)],
    ['UTF-16', bytes(0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00)],
    ['gzip', bytes(0x1f, 0x8b, 0x08, 0x00)],
    ['two byte order marks', bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf, ...ascii('{}'))],
  ])('is 400 invalid_json: %s', async (_, body) => {
    expectEnvelope(await callRaw(RESEND, { body }), 'invalid_json')
  })

  it.each(OPEN)('is 400 invalid_json on $url', async ({ method, url }) => {
    expectEnvelope(await callRaw(url, { method, body: '{' }), 'invalid_json')
  })
})

describe('an odd but valid JSON object', () => {
  it('may begin with a byte order mark', async () => {
    const body = bytes(0xef, 0xbb, 0xbf, ...ascii(jsonOf(100)))
    expect((await callRaw(RESEND, { body })).status).toBe(202)
  })

  it('may have been cut in the middle of a character on its way', async () => {
    const whole = new TextEncoder().encode(JSON.stringify({ email: email(), note: '日本語' }))
    const pieces = Array.from(whole, (_, at) => whole.slice(at, at + 1))
    expect((await callRaw(RESEND, { body: streamOf(...pieces) })).status).toBe(202)
  })

  it('counts its last value where a key comes twice', async () => {
    const right = email()
    const last = `{"email":"no address","email":"${right}"}`
    expect((await callRaw(RESEND, { body: last })).status).toBe(202)
    const first = `{"email":"${right}","email":"no address"}`
    expectEnvelope(await callRaw(RESEND, { body: first }), 'validation_failed')
  })

  it('may hold half a surrogate as an escape: a refusal of the field, never a fault', async () => {
    const answer = await callRaw(RESEND, { body: '{"email":"a\\ud800@b.example"}' })
    expectEnvelope(answer, 'validation_failed')
    expect(Object.keys(answer.json.errors as object)).toEqual(['email'])
  })

  it('may be 10 000 levels deep', async () => {
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
    expectEnvelope(await callRaw(RESEND, { body: `{"email":${deep}}` }), 'validation_failed')
    const aside = await callRaw(RESEND, { body: `{"email":"${email()}","x":${deep}}` })
    expect(aside.status).toBe(202)
    const objects = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`
    expectEnvelope(await callRaw(RESEND, { body: `{"email":${objects}}` }), 'validation_failed')
  })

  it('cannot reach the prototype of anything', async () => {
    const poison = '{"isAdmin":true,"email":"p@b.example","role":"Admin","toString":1}'
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const nested = `{"prototype":${poison}}`
      for (const value of [poison, nested, 'null', '1', '[]']) {
        const without = await callRaw(RESEND, { body: `{"${key}":${value}}` })
        expectEnvelope(without, 'validation_failed')
        const beside = await callRaw(RESEND, { body: `{"email":"${email()}","${key}":${value}}` })
        expect(beside.status).toBe(202)
      }
    }
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined()
  })

  it('loses fields that nobody asked for: they are never stored and grant nothing', async () => {
    const form = signupForm({
      id: '00000000-0000-7000-8000-000000000000',
      communityId: '00000000-0000-7000-8000-000000000000',
      status: 'active',
      role: 'Admin',
      version: 77,
      isDeleted: true,
      slug: 'admin',
      createdBy: 'me',
      emailVerifiedAt: 1,
      emailVerified: true,
      reviewedBy: 'me',
      officialEmailVerified: true,
    })
    const signup = await callRaw(SIGNUP, { body: JSON.stringify(form) })
    expect(signup.status).toBe(201)
    const row = await communityRow(String(signup.data.communityId))
    expect(row).toMatchObject({ status: 'pending', version: 1, isDeleted: false, reviewedBy: null })
    expect(row?.slug).not.toBe('admin')
    expect(row?.createdBy).not.toBe('me')
  })

  it('gives the handler exactly what was validated', async () => {
    const { communityId } = await signedUp()
    const token = await linkTokenOf(communityId)
    const body = JSON.stringify({ token: `  ${token}  `, communityId: 'x', userId: 'x' })
    const answer = await callRaw(`${API}/auth/verify-email`, { body })
    expect(answer.data).toMatchObject({ communityId, status: 'pending' })
    expectSafeHeaders(answer)
  })
})
