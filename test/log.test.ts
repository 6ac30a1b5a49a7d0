import { DrizzleQueryError } from 'drizzle-orm/errors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLog, errorFields } from '../src/log.ts'

const LEVELS = ['debug', 'info', 'warn', 'error'] as const

let written: { to: string; line: string }[]

beforeEach(() => {
  written = []
  for (const to of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, to).mockImplementation((line) => {
      written.push({ to, line: String(line) })
    })
  }
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** The one line that `fields` become. */
function lineOf(fields: Record<string, unknown>): Record<string, unknown> {
  createLog('debug').info('event', fields)
  return JSON.parse(written.at(-1)?.line ?? '')
}

describe('a log line works', () => {
  it('is one line of JSON with level, event, what it always carries, and its fields', () => {
    createLog('info', { requestId: 'r-1' }).warn('login_failed', { lane: 'strangers', count: 2 })
    expect(written).toEqual([
      {
        to: 'warn',
        line: '{"level":"warn","event":"login_failed","requestId":"r-1","lane":"strangers","count":2}',
      },
    ])
  })

  it.each(LEVELS)('is written from level %s on', (level) => {
    const log = createLog(level)
    for (const at of LEVELS) log[at]('event')
    const seen = written.map(({ line }) => JSON.parse(line).level)
    expect(seen).toEqual(LEVELS.slice(LEVELS.indexOf(level)))
  })

  it('goes where the platform looks for its level', () => {
    const log = createLog('debug')
    for (const at of LEVELS) log[at]('event')
    expect(written.map(({ to }) => to)).toEqual(['log', 'log', 'warn', 'error'])
  })

  it('stays one line whatever a text holds', () => {
    lineOf({ userAgent: 'evil\n{"level":"info","event":"forged"}\r\u2028' })
    expect(written[0]?.line.split(/[\r\n]/)).toHaveLength(1)
  })

  it('takes nothing, null, numbers and truth as they are', () => {
    expect(lineOf({ a: null, b: 0, c: false, d: undefined })).toEqual({
      level: 'info',
      event: 'event',
      a: null,
      b: 0,
      c: false,
    })
  })
})

describe('a log line is safe', () => {
  it.each([
    'password',
    'Password',
    'newPassword',
    'confirmPassword',
    'passwordHash',
    'passphrase',
    'token',
    'accessToken',
    'refresh_token',
    'tokenHash',
    'deviceToken',
    'signupToken',
    'csrfToken',
    'secret',
    'authSecrets',
    'cookie',
    'Set-Cookie',
    'authorization',
    'Authorization',
    'link',
    'magicLink',
    'otp',
    'pepper',
    'fingerprint',
    'code',
    'magicCode',
    'email',
    'Email',
    'e-mail',
    'officialEmail',
    'to',
    'address',
    'html',
    'text',
    'subject',
    'key',
  ])('redacts %s by its name, however deep it lies', (name) => {
    const canary = 'ada@apex.example s3cr3t'
    const line = lineOf({
      [name]: canary,
      nested: { [name]: canary, list: [{ [name]: [canary] }] },
    })
    expect(JSON.stringify(line)).not.toContain('s3cr3t')
    expect(line[name]).toBe('[redacted]')
    expect(line.nested).toEqual({ [name]: '[redacted]', list: [{ [name]: '[redacted]' }] })
  })

  it.each(['addressKey', 'requestId', 'route', 'status', 'event', 'userId', 'lane'])(
    'keeps %s, which it is made for',
    (name) => {
      expect(lineOf({ [name]: 'kept' })[name]).toBe('kept')
    },
  )

  it('ends at a depth of four, also where an object holds itself', () => {
    const circle: Record<string, unknown> = {}
    circle.circle = circle
    expect(lineOf({ circle })).toMatchObject({
      circle: { circle: { circle: { circle: '[deep]' } } },
    })
  })

  it('cuts long texts and long lists', () => {
    const line = lineOf({ note: 'x'.repeat(10_000), list: new Array(1000).fill(1) })
    expect(line.note).toHaveLength(500)
    expect(line.list).toHaveLength(20)
  })

  it('never fails over what it is given', () => {
    const hostile = {
      big: 10n ** 20n,
      date: new Date(0),
      error: new Error('x'),
      map: new Map([['password', 'x']]),
      thrower: {
        toJSON() {
          throw new Error('no')
        },
      },
      half: '\ud800',
      call: () => 1,
      symbol: Symbol('x'),
    }
    expect(() => lineOf(hostile)).not.toThrow()
    expect(lineOf({ big: 10n })).toMatchObject({ big: '10' })
    expect(lineOf({ date: new Date(0) })).toMatchObject({ date: '1970-01-01T00:00:00.000Z' })
  })
})

describe('what a line says of an error', () => {
  it('is name, message, stack and cause', () => {
    const error = new TypeError('outer', { cause: new Error('inner') })
    expect(errorFields(error)).toEqual({
      error: 'TypeError: outer',
      stack: expect.stringContaining('outer'),
      cause: { error: 'Error: inner', stack: expect.any(String) },
    })
  })

  it.each(['text', 1, null, undefined, { message: 's3cr3t' }])(
    'is only its type for %j',
    (thrown) => {
      expect(errorFields(thrown)).toEqual({ error: typeof thrown })
    },
  )

  it('never holds the parameters of a failed query, nor of one further down', () => {
    const params = ['ada@apex.example', '$argon2id$s3cr3t']
    const failed = new DrizzleQueryError(
      'insert into users values (?, ?)',
      params,
      new Error('D1_ERROR: UNIQUE constraint failed: users.email'),
    )
    for (const error of [failed, new Error('outer', { cause: failed })]) {
      createLog('error').error('unexpected_error', errorFields(error))
      const line = written.at(-1)?.line ?? ''
      expect(line).toContain('insert into users values (?, ?)')
      expect(line).toContain('UNIQUE constraint failed')
      expect(line).not.toContain('ada@apex')
      expect(line).not.toContain('s3cr3t')
    }
  })

  it('cuts a long query', () => {
    const failed = new DrizzleQueryError('select '.repeat(1000), [], new Error('x'))
    expect(String(errorFields(failed).query)).toHaveLength(500)
  })
})
