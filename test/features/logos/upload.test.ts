import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { admin, communityRow } from '../../factories.ts'
import { callRaw, streamOf } from '../../http/stream-call.ts'
import * as samples from '../../lib/image-samples.ts'
import { ownerHere } from '../../mailbox-client.ts'
import { type Answer, API, call, expectStatus } from '../../support/call.ts'
import {
  getPicture,
  keyOf,
  OTHER_PNG,
  ownerWithLogo,
  PNG,
  putLogo,
} from '../communities/community-client.ts'
import { auditIn, memberIn } from '../members/member-client.ts'

const { ascii, concat, makePng, pngChunk, pngHeader, PNG_SIGNATURE } = samples
const MIB = 1024 * 1024
const LIMIT = 2 * MIB
const KEY = /^logos\/\d{4}-\d\d-\d\d\/[0-9a-f]{32}$/

/** A PNG of exactly so many bytes, all of them its picture. */
function pngOfSize(size: number): Uint8Array<ArrayBuffer> {
  const frame = concat(PNG_SIGNATURE, pngHeader(4, 4), pngChunk('IDAT'), pngChunk('IEND'))
  const data = new Uint8Array(size - frame.length)
  return concat(
    PNG_SIGNATURE,
    pngHeader(4, 4),
    pngChunk('IDAT', data),
    pngChunk('IEND'),
  ) as Uint8Array<ArrayBuffer>
}

function formWith(...parts: [name: string, value: Blob | string, fileName?: string][]): FormData {
  const form = new FormData()
  for (const [name, value, fileName] of parts) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, value, fileName)
  }
  return form
}

const blobOf = (bytes: Uint8Array, type = 'image/png') =>
  new Blob([bytes as Uint8Array<ArrayBuffer>], { type })

const storedKeys = async () => (await env.LOGOS.list()).objects.map(({ key }) => key)

/** Nothing was stored, and the community is as it was. */
async function expectRefused(
  send: (owner: Awaited<ReturnType<typeof ownerHere>>) => Promise<Answer>,
  status: number,
  code: string,
): Promise<Answer> {
  const owner = await ownerHere()
  const before = [await storedKeys(), await communityRow(owner.communityId)]
  const answer = await send(owner)
  expectStatus(answer, status, code)
  expect([await storedKeys(), await communityRow(owner.communityId)]).toEqual(before)
  return answer
}

const HTML = '<!doctype html><script>alert(1)</script>'
const FLOOD = concat(
  PNG_SIGNATURE,
  pngHeader(60_000, 60_000),
  pngChunk('IDAT', [0]),
  pngChunk('IEND'),
)

describe('PUT /api/v1/communities/:community/logo', () => {
  describe('works', () => {
    it.each([
      ['image/png', PNG],
      ['image/jpeg', samples.JPEG_BASELINE],
      ['image/webp', samples.WEBP_LOSSY],
    ])('takes the bytes of a picture and serves them: %s', async (type, bytes) => {
      const owner = await ownerHere()
      const answer = await putLogo(owner, bytes, { headers: { 'Content-Type': type } })
      expectStatus(answer, 200)
      expect(Object.keys(answer.data)).toEqual(['logoUrl'])
      const served = await getPicture(String(answer.data.logoUrl))
      expect([served.status, served.headers.get('Content-Type')]).toEqual([200, type])
      expect(served.bytes).toEqual(bytes)
    })

    it('takes it as one file field of a form, whatever else is in the form', async () => {
      const owner = await ownerHere()
      const form = formWith(
        ['communityName', 'Other'],
        ['logo', blobOf(PNG), 'mine.png'],
        ['photo', blobOf(OTHER_PNG), 'other.png'],
      )
      const answer = await putLogo(owner, form)
      expectStatus(answer, 200)
      expect((await getPicture(String(answer.data.logoUrl))).bytes).toEqual(PNG)
      expect((await communityRow(owner.communityId))?.name).toBe(owner.form.communityName)
    })

    it.each([
      '../../x',
      'a%00.png',
      'x'.repeat(300),
      '/etc/passwd',
      'logo.svg',
      'l"\u00f6\u{1f600}',
    ])('gives it a name of its own, whatever the file is called: %s', async (name) => {
      const owner = await ownerHere()
      const answer = await putLogo(owner, formWith(['logo', blobOf(PNG, 'text/html'), name]))
      expectStatus(answer, 200)
      expect(await keyOf(owner.communityId)).toMatch(KEY)
      const { headers } = await getPicture(String(answer.data.logoUrl))
      expect(headers.get('Content-Disposition')).toBe('inline; filename="logo.png"')
      expect(headers.get('Content-Type')).toBe('image/png')
    })

    it.each(['image/png', 'IMAGE/JPEG; q=1', 'application/octet-stream'])(
      'is told by its content, not by what it says that it is: %s',
      async (type) => {
        const answer = await putLogo(await ownerHere(), samples.WEBP_LOSSY, {
          headers: { 'Content-Type': type },
        })
        expectStatus(answer, 200)
        const { headers } = await getPicture(String(answer.data.logoUrl))
        expect(headers.get('Content-Type')).toBe('image/webp')
      },
    )

    it('takes the place of the one before, whose version is gone', async () => {
      const owner = await ownerWithLogo(PNG)
      const answer = await putLogo(owner, OTHER_PNG)
      expect(answer.data.logoUrl).not.toBe(owner.logoUrl)
      expect((await getPicture(String(answer.data.logoUrl))).bytes).toEqual(OTHER_PNG)
      expect((await getPicture(owner.logoUrl)).status).toBe(404)
    })

    it('puts on record which key took the place of which', async () => {
      const owner = await ownerHere()
      await putLogo(owner, PNG)
      const first = await keyOf(owner.communityId)
      const answer = await putLogo(owner, OTHER_PNG)
      const second = await keyOf(owner.communityId)
      expect(await auditIn(owner.communityId, 'logo_changed')).toMatchObject([
        { actorId: owner.userId, details: { from: null, to: first } },
        {
          details: { from: first, to: second },
          requestId: answer.headers.get('X-Request-Id'),
        },
      ])
      expect(await communityRow(owner.communityId)).toMatchObject({ version: 3 })
    })

    it('a picture of exactly 2 MiB, as bytes and in a form', async () => {
      const bytes = pngOfSize(LIMIT)
      expect(bytes.length).toBe(LIMIT)
      const owner = await ownerHere()
      expectStatus(await putLogo(owner, bytes), 200)
      expectStatus(await putLogo(owner, formWith(['logo', blobOf(bytes), 'x'])), 200)
    })

    it('without what it told of place, time, device and person', async () => {
      const telling = makePng(
        4,
        4,
        pngChunk('tEXt', ascii('Author\0Mira Rao')),
        pngChunk('eXIf', ascii('MM\0*GPS 48.8583N')),
      )
      const owner = await ownerHere()
      const answer = await putLogo(owner, telling)
      const { bytes } = await getPicture(String(answer.data.logoUrl))
      expect(bytes).toEqual(PNG)
      const stored = await env.LOGOS.get((await keyOf(owner.communityId)) ?? '')
      expect(new Uint8Array((await stored?.arrayBuffer()) ?? new ArrayBuffer(0))).toEqual(PNG)
    })
  })

  describe('refuses', () => {
    it.each<[string, Uint8Array]>([
      ['nothing at all', new Uint8Array()],
      ['SVG', ascii('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
      ['HTML', ascii(HTML)],
      ['HTML behind the first bytes of a PNG', concat(PNG.slice(0, 8), ascii(HTML))],
      ['HTML behind a whole PNG', concat(PNG, ascii(HTML))],
      ['HTML behind a whole JPEG', concat(samples.JPEG_BASELINE, ascii(HTML))],
      ['an archive behind a whole PNG', concat(PNG, ascii('PK\u0003\u0004'))],
      ['a second picture behind the first', concat(PNG, PNG)],
      ['a GIF', samples.GIF],
      ['a GIF that is a script too', concat(samples.GIF, ascii('=1;alert(1)'))],
      ['a WebP that moves', samples.WEBP_ANIMATED],
      ['half a PNG', PNG.slice(0, PNG.length - 6)],
      ['a PNG of 60 000 pixels a side', FLOOD],
      ['a PNG one pixel too wide', makePng(4097, 1)],
    ])('what is no still picture, as bytes and in a form: %s', async (_, bytes) => {
      for (const send of [
        (owner: Parameters<typeof putLogo>[0]) => putLogo(owner, bytes),
        (owner: Parameters<typeof putLogo>[0]) =>
          putLogo(owner, formWith(['logo', blobOf(bytes), 'x.png'])),
      ]) {
        const answer = await expectRefused(send, 422, 'validation_failed')
        expect(Object.keys(answer.json.errors as object)).toEqual(['logo'])
      }
    })

    it.each([
      'none',
      'text/plain',
      'application/json',
      'image/svg+xml',
      'image/gif',
      'image/*',
      'multipart/mixed; boundary=x',
      'application/x-www-form-urlencoded',
      'image/png, text/html',
    ])('any other type of body: %s', async (type) => {
      await expectRefused(
        (owner) =>
          callRaw(`${API}/communities/${owner.slug}/logo`, {
            method: 'PUT',
            headers: { Authorization: `Bearer ${owner.accessToken}`, 'Content-Type': type },
            body: PNG as Uint8Array<ArrayBuffer>,
          }),
        415,
        'unsupported_media_type',
      )
    })

    it.each<[string, FormData]>([
      ['no field', formWith()],
      ['another field', formWith(['picture', blobOf(PNG), 'x.png'])],
      ['text in the field', formWith(['logo', 'not a file'])],
      ['two files', formWith(['logo', blobOf(PNG), 'a'], ['logo', blobOf(OTHER_PNG), 'b'])],
      ['a file and a text', formWith(['logo', blobOf(PNG), 'a'], ['logo', 'x'])],
    ])('a form that has not just one file there: %s', async (_, form) => {
      const answer = await expectRefused((owner) => putLogo(owner, form), 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ logo: 'Send one file, in the field logo.' })
    })

    it.each([
      ['without a boundary', 'multipart/form-data', '--x\r\n\r\n--x--'],
      ['with another boundary', 'multipart/form-data; boundary=y', '--x\r\n\r\n--x--'],
      ['that is cut', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data'],
      ['that is nothing', 'multipart/form-data; boundary=x', ''],
      ['with an empty boundary', 'multipart/form-data; boundary=', '----'],
    ])('a form %s', async (_, type, text) => {
      const answer = await expectRefused(
        (owner) => putLogo(owner, text, { headers: { 'Content-Type': type } }),
        422,
        'validation_failed',
      )
      expect(Object.keys(answer.json.errors as object)).toEqual(['logo'])
    })

    it('one byte more than 2 MiB, as bytes and in a form', async () => {
      const bytes = pngOfSize(LIMIT + 1)
      await expectRefused((owner) => putLogo(owner, bytes), 413, 'payload_too_large')
      const form = formWith(['logo', blobOf(bytes), 'x'])
      await expectRefused((owner) => putLogo(owner, form), 413, 'payload_too_large')
    })

    it.each(['5', '0', '99999999999', '-1'])(
      'and counts what arrives, whatever Content-Length says: %s',
      async (length) => {
        const ask = (owner: { slug: string; accessToken: string }, size: number, type: string) =>
          callRaw(`${API}/communities/${owner.slug}/logo`, {
            method: 'PUT',
            headers: {
              Authorization: `Bearer ${owner.accessToken}`,
              'Content-Type': type,
              'Content-Length': length,
            },
            body: streamOf(pngOfSize(size)),
          })
        const type = 'image/png'
        await expectRefused((owner) => ask(owner, LIMIT + 1, type), 413, 'payload_too_large')
        expectStatus(await ask(await ownerHere(), 5000, type), 200)
      },
    )

    it('a form of more than its picture may have, in whatever field it is', async () => {
      const form = formWith(['logo', blobOf(PNG), 'x'], ['other', 'x'.repeat(LIMIT + MIB)])
      await expectRefused((owner) => putLogo(owner, form), 413, 'payload_too_large')
    })

    it('everybody but the owner of this very community, before the body is looked at', async () => {
      const owner = await ownerHere()
      for (const role of ['Member', 'Moderator'] as const) {
        expectStatus(await putLogo(await memberIn(owner, role), 'x'), 403, 'forbidden')
      }
      const stranger = await ownerHere()
      expectStatus(await putLogo({ ...stranger, slug: owner.slug }), 404, 'not_found')
      const reviewer = { slug: owner.slug, accessToken: (await admin()).token }
      expectStatus(await putLogo(reviewer), 403, 'forbidden')
      const path = `${API}/communities/${owner.slug}/logo`
      expectStatus(await call(path, { method: 'PUT', body: PNG }), 401, 'unauthenticated')
      expect(await keyOf(owner.communityId)).toBeNull()
    })

    it('more than twenty an hour of one client', async () => {
      const owner = await ownerHere()
      const ip = '198.51.100.7'
      for (let n = 0; n < 20; n++) expectStatus(await putLogo(owner, 'x', { ip }), 422)
      expectStatus(await putLogo(owner, PNG, { ip }), 429, 'rate_limited')
      expect(await keyOf(owner.communityId)).toBeNull()
    })
  })

  describe('is safe', () => {
    it('a form of very many parts is answered at once', async () => {
      const part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
      const text = `${part.repeat(40_000)}--x--\r\n`
      expect(text.length).toBeLessThan(LIMIT + 64 * 1024)
      const owner = await ownerHere()
      const start = performance.now()
      const answer = await putLogo(owner, text, {
        headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
      })
      expectStatus(answer, 422, 'validation_failed')
      expect(performance.now() - start).toBeLessThan(10_000)
    })
  })
})
