/** A logo is told by its content, lies under a name of ours, and runs nowhere. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { communityRow, postSignup, signedUp, signupForm } from '../factories.ts'
import {
  ascii,
  concat,
  GIF,
  JPEG_BASELINE,
  makePng,
  PNG_SIGNATURE,
  pngChunk,
  pngHeader,
  toDataUrl,
} from '../lib/image-samples.ts'
import { expectStatus } from '../support/call.ts'
import { codeOf, SOURCES } from './read-sources.ts'

const storedKeys = async () => (await env.LOGOS.list()).objects.map(({ key }) => key)
const KEY = /^logos\/\d{4}-\d\d-\d\d\/[0-9a-f]{32}$/

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
const HTML = '<!doctype html><script>alert(1)</script>'
const PNG = makePng(4, 4)
/** A hundred bytes that claim 60 000 pixels a side. */
const FLOOD = concat(
  PNG_SIGNATURE,
  pngHeader(60_000, 60_000),
  pngChunk('IDAT', [0]),
  pngChunk('IEND'),
)
const BOM = [0xef, 0xbb, 0xbf]

describe('a logo that is no still picture', () => {
  it.each<[string, string, Uint8Array]>([
    ['SVG', 'image/svg+xml', ascii(SVG)],
    ['SVG that says it is a PNG', 'image/png', ascii(SVG)],
    ['SVG behind an XML prolog', 'image/svg+xml', ascii(`<?xml version="1.0"?>${SVG}`)],
    ['SVG behind a byte order mark', 'image/svg+xml', concat(Uint8Array.from(BOM), ascii(SVG))],
    ['SVG behind the first bytes of a PNG', 'image/png', concat(PNG.slice(0, 8), ascii(SVG))],
    ['HTML behind a whole PNG', 'image/png', concat(PNG, ascii(HTML))],
    ['HTML behind a whole JPEG', 'image/jpeg', concat(JPEG_BASELINE, ascii(HTML))],
    ['an archive behind a whole PNG', 'image/png', concat(PNG, ascii('PK\u0003\u0004'), PNG)],
    ['a GIF that is a script too', 'image/gif', concat(GIF, ascii('=1;alert(1)'))],
    ['half a PNG', 'image/png', PNG.slice(0, PNG.length - 6)],
    ['a PNG of 60 000 pixels a side', 'image/png', FLOOD],
  ])('is refused and not stored: %s', async (_, type, bytes) => {
    const before = await storedKeys()
    const answer = await postSignup(signupForm({ communityLogo: toDataUrl(type, bytes) }))
    expectStatus(answer, 422, 'validation_failed')
    expect(Object.keys(answer.json.errors as object)).toEqual(['communityLogo'])
    expect(await storedKeys()).toEqual(before)
  })

  it.each([
    'logos/2026-01-01/0123456789abcdef0123456789abcdef',
    '../../other',
    'https://a.example/x.png',
  ])('nor can a client name a picture that is there: %s', async (communityLogo) => {
    expectStatus(await postSignup(signupForm({ communityLogo })), 422, 'validation_failed')
  })
})

describe('a logo that is taken', () => {
  it('is stored whole, under a random key, as the type that its content has', async () => {
    const { communityId } = await signedUp({ communityLogo: toDataUrl('image/webp', PNG) })
    const key = (await communityRow(communityId))?.logo ?? ''
    expect(key).toMatch(KEY)
    const stored = await env.LOGOS.get(key)
    expect(stored?.httpMetadata).toEqual({ contentType: 'image/png' })
    expect(new Uint8Array((await stored?.arrayBuffer()) ?? new ArrayBuffer(0))).toEqual(PNG)
  })

  it('gets nothing of its key from the client, whatever the body names', async () => {
    const names = ['../../x', 'a%00.png', 'x'.repeat(300), '/etc/passwd', 'logo.png\r\nX: y']
    for (const name of names) {
      const { communityId } = await signedUp({
        communityLogo: toDataUrl('image/png', PNG),
        communityLogoName: name,
        filename: name,
        logo: name,
        logoKey: name,
      })
      expect((await communityRow(communityId))?.logo).toMatch(KEY)
    }
    for (const key of await storedKeys()) expect(key).toMatch(KEY)
  })

  it('two signups with one picture have a key each', async () => {
    const communityLogo = toDataUrl('image/png', PNG)
    const [one, other] = [await signedUp({ communityLogo }), await signedUp({ communityLogo })]
    const keyOf = async (id: string) => (await communityRow(id))?.logo
    expect(await keyOf(one.communityId)).not.toBe(await keyOf(other.communityId))
  })

  it('is reached by one module, which puts, finds, lists and removes: nothing runs what it holds', () => {
    const users = Object.keys(SOURCES).filter((path) => /\bLOGOS\b|\bR2Bucket\b/.test(codeOf(path)))
    // The look at what is there asks for an object that is none.
    expect(users.sort()).toEqual([
      'deps.ts',
      'features/health/readiness.ts',
      'features/logos/logo-store.ts',
    ])
  })
})
