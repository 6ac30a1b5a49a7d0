import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { call, expectStatus } from '../support/call.ts'
import { failingDatabase } from '../support/faults.ts'

const PATH = '/.well-known/security.txt'
const DAY_MS = 24 * 3600 * 1000

/** The fields of a file in the form of RFC 9116, each with all its values. Fails on a line that is none. */
function parse(text: string): Record<string, string[]> {
  const fields: Record<string, string[]> = {}
  const lines = text.split(/\r?\n/)
  // Every line ends with a line break, the last one too (§4: `field eol`).
  expect(lines.pop()).toBe('')
  for (const line of lines) {
    const [, name = '', value = ''] = /^([A-Za-z-]+): (\S.*)$/.exec(line) ?? []
    expect(name, line).not.toBe('')
    fields[name] = [...(fields[name] ?? []), value]
  }
  return fields
}

const at = async (moment: string) => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(new Date(moment))
  return call(PATH)
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('GET /.well-known/security.txt', () => {
  describe('works', () => {
    it('says where to report a vulnerability, until when that holds, and in which languages', async () => {
      const answer = await at('2027-03-04T15:16:17.189Z')
      expectStatus(answer, 200)
      expect(answer.headers.get('Content-Type')).toBe('text/plain; charset=utf-8')
      expect(parse(answer.text)).toEqual({
        Contact: [env.SECURITY_CONTACT],
        Expires: ['2027-08-31T00:00:00.000Z'],
        'Preferred-Languages': ['en, zh'],
      })
    })

    it.each([
      'mailto:security@gatehouse.example',
      'https://gatehouse.example/report?from=txt#now',
      'tel:+44-20-7946-0000',
    ])('names %s as it is configured', async (SECURITY_CONTACT) => {
      const answer = await call(PATH, { env: { ...env, SECURITY_CONTACT } })
      expect(parse(answer.text).Contact).toEqual([SECURITY_CONTACT])
    })

    it.each([
      '2026-01-01T00:00:00.000Z',
      '2026-06-30T23:59:59.999Z',
      '2027-12-31T12:00:00.000Z',
      '2028-02-29T00:00:00.001Z',
      '2037-10-25T01:30:00.000Z',
      '2099-12-31T23:59:59.999Z',
    ])('expires at a midnight in the future and within a year, read at %s', async (moment) => {
      const { Expires = [] } = parse((await at(moment)).text)
      expect(Expires).toHaveLength(1)
      expect(Expires[0]).toMatch(/^\d{4}-\d\d-\d\dT00:00:00\.000Z$/)
      const days = (Date.parse(Expires[0] ?? '') - Date.parse(moment)) / DAY_MS
      expect(days).toBeGreaterThan(179)
      expect(days).toBeLessThanOrEqual(180)
    })

    it('may be kept for a day, and says the same all day', async () => {
      const morning = await at('2027-03-04T00:00:00.000Z')
      const evening = await at('2027-03-04T23:59:59.999Z')
      const tomorrow = await at('2027-03-05T00:00:00.000Z')
      expect(morning.headers.get('Cache-Control')).toBe('public, max-age=86400')
      expect(evening.text).toBe(morning.text)
      expect(tomorrow.text).not.toBe(morning.text)
    })

    it('answers HEAD, and GET while the database is down', async () => {
      const head = await call(PATH, { method: 'HEAD' })
      expect([head.status, head.text]).toEqual([200, ''])
      expect(head.headers.get('Content-Type')).toBe('text/plain; charset=utf-8')
      expectStatus(await call(PATH, { env: failingDatabase() }), 200)
    })

    it('is in the OpenAPI document as what it is', async () => {
      const { paths } = (await call('/openapi.json')).json as {
        paths: Record<string, { get?: { responses: Record<string, { content?: object }> } }>
      }
      const responses = paths[PATH]?.get?.responses ?? {}
      expect(Object.keys(responses)).toEqual(['200', '503'])
      expect(Object.keys(responses['200']?.content ?? {})).toEqual(['text/plain'])
    })
  })

  describe('refuses', () => {
    it.each<[string, string | undefined]>([
      ['is missing', undefined],
      ['is empty', ''],
      ['is an address without its scheme', 'security@gatehouse.example'],
      ['is a page without https', 'http://gatehouse.example/report'],
      ['would bring a second field', 'mailto:a@b.example\nExpires: 2030-01-01T00:00:00Z'],
      ['would bring a comment', 'mailto:a@b.example\r\n# trust me'],
    ])('with 503 while the contact %s', async (_, contact) => {
      const lines = vi.spyOn(console, 'error').mockReturnValue()
      const vars = { ...env, SECURITY_CONTACT: contact } as unknown as Env
      const answer = await call(PATH, { env: vars })
      expectStatus(answer, 503, 'unavailable')
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(lines.mock.calls.flat().join()).toContain('"variables":["SECURITY_CONTACT"]')
    })

    it('every other method', async () => {
      const answer = await call(PATH, { method: 'POST', body: {} })
      expectStatus(answer, 405, 'method_not_allowed')
      expect(answer.headers.get('Allow')).toBe('GET, HEAD')
    })
  })
})
