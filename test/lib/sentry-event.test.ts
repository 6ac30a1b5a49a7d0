import { describe, expect, it } from 'vitest'
import { parseDsn } from '../../src/lib/sentry-dsn.ts'
import { scrub, toEnvelope } from '../../src/lib/sentry-event.ts'
import { errorFields } from '../../src/log.ts'
import { parseEnvelope } from '../sentry-client.ts'

const report = (line: Record<string, unknown>) =>
  parseEnvelope(
    toEnvelope({
      line: { level: 'error', event: 'unexpected_error', requestId: 'r', ...line },
      environment: 'production',
      route: '/api/v1/auth/login',
      now: Date.UTC(2026, 10, 22, 9, 30, 0, 250),
      eventId: '0123456789abcdef0123456789abcdef',
      dropped: 3,
    }),
  )

describe('a DSN', () => {
  it.each([
    ['https://k1@o1.ingest.example/42', 'https://o1.ingest.example/api/42/envelope/'],
    ['https://k1@sentry.example:9000/a/b/7', 'https://sentry.example:9000/a/b/api/7/envelope/'],
    ['https://k1:old@sentry.example/1', 'https://sentry.example/api/1/envelope/'],
    ['http://k1@127.0.0.1:8000/1', 'http://127.0.0.1:8000/api/1/envelope/'],
  ])('%s is posted to %s', (text, url) => {
    expect(parseDsn(text)).toEqual({ url, publicKey: 'k1' })
  })

  it.each([
    '',
    'k1@sentry.example/1',
    'https://sentry.example/1',
    'https://k1@sentry.example/',
    'https://k1@sentry.example/project',
    'https://k1@sentry.example/1?x=1',
    'https://k1@sentry.example/1#x',
    'https://k1@sentry.example//1',
    'ftp://k1@sentry.example/1',
    'https://k%0A1@sentry.example/1',
  ])('is not %j', (text) => {
    expect(parseDsn(text)).toBeUndefined()
  })
})

describe('an envelope', () => {
  it('names the event twice, when it was sent, and how long it is', () => {
    const { head, item, event } = report({ error: 'TypeError: é is undefined' })
    expect(head).toEqual({ event_id: event.event_id, sent_at: '2026-11-22T09:30:00.250Z' })
    expect(item).toMatchObject({ type: 'event', content_type: 'application/json' })
  })

  it('tells what failed, where, under which request id', () => {
    const { event } = report({ ...errorFields(new TypeError('x is undefined')), job: 'purge' })
    expect(event).toMatchObject({
      timestamp: Date.UTC(2026, 10, 22, 9, 30) / 1000 + 0.25,
      platform: 'javascript',
      level: 'error',
      environment: 'production',
      transaction: '/api/v1/auth/login',
      tags: { event: 'unexpected_error', request_id: 'r', job: 'purge' },
      extra: { dropped: 3 },
    })
    expect(event.exception?.values).toMatchObject([{ type: 'TypeError', value: 'x is undefined' }])
  })

  it('has the stack in the order of Sentry: what failed comes last', () => {
    const stack = [
      'Error: x',
      '    at inner (index.js:12:34567)',
      '    at async outer (file:///src/app.ts:8:1)',
      '    at index.js:1:2',
      '    at async cloudflare-internal:d1-api:3:4',
      '    at cut (index.js:9',
    ].join('\n')
    const { event } = report({ error: 'Error: x', stack })
    expect(event.exception?.values[0]?.stacktrace?.frames).toEqual([
      { function: '?', filename: 'cloudflare-internal:d1-api', lineno: 3, colno: 4 },
      { function: '?', filename: 'index.js', lineno: 1, colno: 2 },
      { function: 'outer', filename: 'file:///src/app.ts', lineno: 8, colno: 1 },
      { function: 'inner', filename: 'index.js', lineno: 12, colno: 34567 },
    ])
  })

  it('has the innermost cause first', () => {
    const { event } = report(errorFields(new Error('outer', { cause: new RangeError('inner') })))
    expect(event.exception?.values.map(({ type, value }) => `${type}: ${value}`)).toEqual([
      'RangeError: inner',
      'Error: outer',
    ])
  })

  it('is called by its event where the line tells of no error', () => {
    const { event } = report({ event: 'outbox_failed', reason: 'gave_up' })
    expect(event.logentry).toEqual({ formatted: 'outbox_failed' })
    expect(event.exception).toBeUndefined()
    expect(event.tags.reason).toBe('gave_up')
  })

  it('has nothing of a line but what is listed', () => {
    const line = {
      userId: 'u-1',
      ip: '203.0.113.7',
      userAgent: 'Browser',
      body: 'b',
      url: '/x?a=b',
    }
    expect(JSON.stringify(report(line).event)).not.toMatch(/u-1|203\.|Browser|"body"|\/x/)
  })
})

describe('a text of a report', () => {
  it.each([
    ['mail to ada@apex.example failed', 'mail to [address] failed'],
    ['<Ada.L+x@apex.example>', '<[address]>'],
    ['Invalid URL: https://a.example/x?token=abc&y=1', 'Invalid URL: https://a.example/x[query]'],
    ['GET /verify-email?token=abc', 'GET /verify-email[query]'],
    ['no 203.0.113.7 here', 'no [ip] here'],
    ['no 2001:db8::1 here', 'no [ip] here'],
    ['code 123456 is wrong', 'code [code] is wrong'],
    ['call +91 98765 43210', 'call [number]'],
    ['Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ', 'Bearer [token]'],
    ['hash 0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c', 'hash [token]'],
    ['token v4Xq9_ZkT1-bN7cWm2LrD8sY', 'token [token]'],
  ])('%s', (text, clean) => {
    expect(scrub(text)).toBe(clean)
  })

  it.each([
    'x is undefined',
    "Cannot read properties of undefined (reading 'id')",
    'D1_ERROR: UNIQUE constraint failed: users.email',
    'durable object did not answer',
    'no such table: audit_logs_community_life',
    '019a0000-0000-7000-8000-000000000001',
    '/api/v1/communities/:community/members/:userId',
  ])('stays as it is: %s', (text) => {
    expect(scrub(text)).toBe(text)
  })

  it('is cut, and read as quickly where it is made to take long', () => {
    for (const piece of ['a@', '1.', 'a:', '?=', '+1', '-', 'x.']) {
      expect(scrub(piece.repeat(100_000)).length).toBeLessThan(5000)
    }
  })
})
