/// <reference types="vite/types/importMeta.d.ts" />
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../src/app.ts'
import { ConfigError, configOf, parseConfig } from '../src/config.ts'
import { toBase64Url } from '../src/lib/encoding.ts'
import { NEEDS_NOTHING } from './http/route-list.ts'
import { call, expectStatus } from './support/call.ts'

const STRONG = toBase64Url(Uint8Array.from({ length: 32 }, (_, n) => (n * 37 + 11) % 256))
const SHORT = toBase64Url(Uint8Array.from({ length: 31 }, (_, n) => n + 100))
const WEAK = toBase64Url(new Uint8Array(64).fill(7))

const DURATIONS = [
  'LOGIN_BLOCK_SECONDS',
  'REFRESH_GRACE_SECONDS',
  'SESSION_IDLE_SECONDS',
  'SESSION_ABSOLUTE_SECONDS',
  'ACCESS_TOKEN_SECONDS',
  'VERIFY_LINK_SECONDS',
  'RESET_LINK_SECONDS',
  'OTP_SECONDS',
  'INVITATION_SECONDS',
  'SIGNUP_TOKEN_SECONDS',
  'EMAIL_UNDO_SECONDS',
] as const

const LIMITS = [
  'GENERAL_LIMIT_PER_MINUTE',
  'LOGIN_LIMIT_PER_MINUTE',
  'REFUSED_LIMIT_PER_MINUTE',
  'SIGNUP_LIMIT_PER_HOUR',
  'VERIFICATION_LIMIT_PER_HOUR',
  'RESEND_LIMIT_PER_HOUR',
  'RESEND_LIMIT_PER_HOUR_AND_ADDRESS',
  'FORGOT_LIMIT_PER_HOUR',
  'FORGOT_LIMIT_PER_HOUR_AND_ADDRESS',
  'RESET_LIMIT_PER_HOUR',
  'CODE_LIMIT_PER_HOUR',
  'UPLOAD_LIMIT_PER_HOUR',
  'EXPORT_LIMIT_PER_HOUR',
] as const

const RETENTION = ['AUDIT_RETENTION_DAYS', 'IP_RETENTION_DAYS'] as const

const THRESHOLDS = [
  'ALERT_FAILED_LOGINS',
  'ALERT_SIGNUPS',
  'ALERT_MAIL_FAILURES',
  'ALERT_DEAD_LETTERS',
  'ALERT_REFRESH_REUSE',
  'ALERT_LIMITER_ERRORS',
] as const

const REQUIRED = [
  'ENVIRONMENT',
  'APP_NAME',
  'FRONTEND_URL',
  'ALLOWED_ORIGINS',
  'AUTH_SECRETS',
  'PASSWORD_PEPPERS',
  'LOOKUP_SECRET',
  'JWT_PRIVATE_KEYS',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'MAIL_PROVIDER',
  'MAIL_FROM',
  'BREACH_LOOKUP',
  'TURNSTILE_OUTAGE',
  'SECURITY_CONTACT',
  'COOKIE_SAMESITE',
  'LOG_LEVEL',
  'ALERT_EMAILS',
  ...DURATIONS,
  ...LIMITS,
  ...RETENTION,
  ...THRESHOLDS,
] as const

/** Lists with nothing in them. */
const MAY_BE_EMPTY: readonly string[] = ['ALLOWED_ORIGINS', 'ALERT_EMAILS']

/** May be left out. */
const OPTIONAL = [
  'MAIL_API_KEY',
  'MAIL_API_URL',
  'BREACH_API_URL',
  'BREACH_TIMEOUT_MS',
  'TURNSTILE_SECRET',
  'TURNSTILE_API_URL',
  'ALERT_WEBHOOK_URL',
  'ALERT_WEBHOOK_SECRET',
  'SENTRY_DSN',
] as const

/** A number that is none of its kind, or none. */
const UNUSABLE_NUMBERS = ['0', '-1', '1.5', 'soon', 'NaN', 'Infinity', '315360001']

const keyWith = (overrides: object) => {
  const [key] = (JSON.parse(env.JWT_PRIVATE_KEYS) as { keys: object[] }).keys
  return JSON.stringify({ keys: [{ ...key, ...overrides }] })
}

/** What else can be wrong with a variable; each value is long and odd enough to be searched for. */
const UNUSABLE: Record<string, string[]> = {
  ENVIRONMENT: ['development', 'PRODUCTION', 'dev '],
  APP_NAME: ['x'.repeat(61)],
  FRONTEND_URL: [
    'gatehouse.example',
    '//gatehouse.example',
    'javascript:alert(1)',
    'ftp://a.example',
  ],
  ALLOWED_ORIGINS: ['*', 'null', 'app.example', 'https://app.example/', 'https://a.example,*'],
  AUTH_SECRETS: [
    STRONG,
    `1:${SHORT}`,
    `1:${WEAK}`,
    `0:${STRONG}`,
    `-1:${STRONG}`,
    `x:${STRONG}`,
    `1:${STRONG},1:${STRONG}`,
    `1:${STRONG},`,
    `1:${STRONG}:more`,
    '1:changeme-changeme-changeme-!!',
  ],
  PASSWORD_PEPPERS: [STRONG, `1:${SHORT}`, `1:${WEAK}`, `0:${STRONG}`, `1:${STRONG},1:${STRONG}`],
  LOOKUP_SECRET: [SHORT, WEAK, 'not base64 at all, but long enough!!'],
  JWT_PRIVATE_KEYS: [
    'not-json-at-all',
    '"a-string"',
    '[]',
    '{"keys":[]}',
    '{"keys":"none-here"}',
    keyWith({ kty: 'RSA-key-type' }),
    keyWith({ crv: 'P-384-curve' }),
    keyWith({ kid: undefined }),
    keyWith({ kid: '' }),
    keyWith({ d: undefined }),
    keyWith({ d: 'too-short-to-be-a-key' }),
    keyWith({ x: 'too-short-to-be-a-key' }),
    JSON.stringify({
      keys: [...JSON.parse(keyWith({})).keys, ...JSON.parse(keyWith({})).keys],
    }),
  ],
  MAIL_PROVIDER: ['sendmail', 'DEV'],
  MAIL_FROM: ['nobody-at-all', 'Gatehouse <nobody>', 'a@b\r\nBcc: everybody@evil.example', '<@>'],
  MAIL_API_URL: ['provider.example'],
  BREACH_LOOKUP: ['ON', 'true', 'sometimes'],
  BREACH_API_URL: ['range-api.example'],
  BREACH_TIMEOUT_MS: [...UNUSABLE_NUMBERS, '60001'],
  TURNSTILE_SECRET: ['x'.repeat(201)],
  TURNSTILE_OUTAGE: ['on', 'ALLOW', 'refuse '],
  TURNSTILE_API_URL: ['siteverify.example'],
  SECURITY_CONTACT: [
    'security@gatehouse.example',
    'mailto:nobody-at-all',
    'mailto:a@b@gatehouse.example',
    'http://gatehouse.example/report',
    'https:///report-it-here',
    'javascript:alert(1)',
    'tel:0800-REPORT-IT',
    'mailto:a@b.example\nExpires: 2030-01-01T00:00:00Z',
    'https://gatehouse.example/report it',
  ],
  COOKIE_SAMESITE: ['strict', 'Whatever'],
  LOG_LEVEL: ['verbose', 'INFO'],
  ALERT_EMAILS: ['nobody-at-all', 'a@b.example;c@d.example', `${'a@b.example,'.repeat(21)}`],
  ALERT_WEBHOOK_URL: ['alerts.example'],
  ALERT_WEBHOOK_SECRET: [STRONG, 'whsec_c2hvcnQ=', 'whsec_not base64 at all, but long enough!!'],
  SENTRY_DSN: ['key@sentry.example/1', 'https://sentry.example/1', 'https://key@sentry.example/'],
  ...Object.fromEntries(
    [...DURATIONS, ...LIMITS, ...RETENTION].map((name) => [name, UNUSABLE_NUMBERS]),
  ),
  ...Object.fromEntries(
    THRESHOLDS.map((name) => [name, ['-1', '1.5', 'soon', 'NaN', 'Infinity', '1000000001']]),
  ),
}

const WEBHOOK = { ALERT_WEBHOOK_SECRET: `whsec_${STRONG}` }

const DEPLOYED = {
  ...env,
  ENVIRONMENT: 'production',
  FRONTEND_URL: 'https://app.gatehouse.example',
  MAIL_PROVIDER: 'resend',
  MAIL_API_KEY: 're_0123456789abcdef',
}

/** The error of a configuration that must not pass. */
function refusal(vars: object): ConfigError {
  try {
    parseConfig(vars)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('this configuration was accepted')
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('configuration works', () => {
  it('reads what npm run dev starts with', () => {
    const config = parseConfig(env)
    expect(config).toMatchObject({
      environment: 'dev',
      frontendUrl: 'http://localhost:8787',
      allowedOrigins: [],
      breaches: { isLookupOn: false, apiUrl: '' },
      loginBlockSeconds: 900,
      refreshGraceSeconds: 30,
      sessionIdleSeconds: 604_800,
      sessionAbsoluteSeconds: 2_592_000,
      accessTokenTtlSeconds: 900,
      verifyLinkTtlSeconds: 86_400,
      resetLinkTtlSeconds: 3600,
      otpTtlSeconds: 300,
      invitationTtlSeconds: 604_800,
      signupTokenTtlSeconds: 3600,
      emailUndoTtlSeconds: 604_800,
      turnstile: { secret: '', isOutageAllowed: false, apiUrl: '' },
      securityContact: 'mailto:security@localhost',
    })
    // Those of the contract.
    expect(config.limits).toEqual({
      generalPerMinute: 300,
      loginPerMinute: 10,
      refusedPerMinute: 60,
      signupPerHour: 5,
      verificationPerHour: 20,
      resendPerHour: 5,
      resendPerHourAndAddress: 3,
      forgotPerHour: 5,
      forgotPerHourAndAddress: 3,
      resetPerHour: 5,
      codePerHour: 30,
      uploadPerHour: 20,
      exportPerHour: 10,
    })
    expect(config).toMatchObject({
      auditRetentionDays: 365,
      ipRetentionDays: 90,
      sentryDsn: undefined,
      alerts: {
        thresholds: {
          failed_logins: 500,
          signups: 50,
          mail_failures: 5,
          dead_letters: 1,
          refresh_reuse: 5,
          limiter_errors: 20,
        },
        emails: [],
        webhook: { url: '', secret: '' },
      },
    })
  })

  it.each(LIMITS)('reads %s as one limit and no other, up to a hundred thousand', (name) => {
    const { limits } = parseConfig(env)
    const changed = parseConfig({ ...env, [name]: '100000' }).limits
    const differing = Object.entries(changed).filter(
      ([key, value]) => value !== limits[key as keyof typeof limits],
    )
    // SIGNUP_LIMIT_PER_HOUR is signupPerHour.
    const key = name
      .replace('_LIMIT', '')
      .toLowerCase()
      .replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    expect(differing).toEqual([[key, 100_000]])
  })

  it('asks for a human only where there is a secret, and knows what an outage does', () => {
    const vars = { ...DEPLOYED, TURNSTILE_SECRET: '0x4AAA', TURNSTILE_OUTAGE: 'allow' }
    const turnstile = { secret: '0x4AAA', isOutageAllowed: true, apiUrl: '' }
    expect(parseConfig(vars).turnstile).toEqual(turnstile)
    const off = parseConfig({ ...vars, TURNSTILE_SECRET: undefined }).turnstile
    expect(off).toEqual({ ...turnstile, secret: '' })
  })

  it.each([
    'mailto:security@gatehouse.example',
    'https://gatehouse.example/report?a=b#c',
    'tel:+44-20-7946-0000',
  ])('takes %s as the contact for vulnerabilities', (SECURITY_CONTACT) => {
    expect(parseConfig({ ...env, SECURITY_CONTACT }).securityContact).toBe(SECURITY_CONTACT)
  })

  it.each(OPTIONAL)('does without %s', (name) => {
    const { [name]: _, ...rest } = env as unknown as Record<string, string>
    expect(() => parseConfig(rest)).not.toThrow()
  })

  it('reads a deployed environment', () => {
    expect(parseConfig({ ...DEPLOYED, BREACH_LOOKUP: 'on' })).toMatchObject({
      breaches: { isLookupOn: true, apiUrl: '' },
      environment: 'production',
      frontendUrl: 'https://app.gatehouse.example',
      mail: { provider: 'resend', apiUrl: '' },
    })
  })

  it('keeps the order of secrets and keys: the first one signs', () => {
    const second = JSON.parse(keyWith({ kid: 'older' })).keys
    const config = parseConfig({
      ...env,
      AUTH_SECRETS: `7:${STRONG}, 3:${STRONG}`,
      JWT_PRIVATE_KEYS: JSON.stringify({ keys: [...JSON.parse(keyWith({})).keys, ...second] }),
    })
    expect(config.authSecrets.map(({ version }) => version)).toEqual([7, 3])
    expect(config.jwt.keys.map(({ kid }) => kid).at(-1)).toBe('older')
  })

  it('reads a list of origins, desktop shells among them, and no slash at the end of the frontend', () => {
    const config = parseConfig({
      ...env,
      ALLOWED_ORIGINS: ' https://app.example, tauri://localhost ,,http://localhost:5173',
      FRONTEND_URL: 'https://app.example/portal//',
    })
    expect(config.allowedOrigins).toEqual([
      'https://app.example',
      'tauri://localhost',
      'http://localhost:5173',
    ])
    expect(config.frontendUrl).toBe('https://app.example/portal')
  })

  it('is read once per isolate', () => {
    expect(configOf(env)).toBe(configOf(env))
    expect(configOf({ ...env })).not.toBe(configOf(env))
  })
})

describe('configuration refuses', () => {
  it.each(REQUIRED)('an environment without %s, and names it', (name) => {
    const { [name]: _, ...rest } = env
    expect(refusal(rest).variables).toEqual([name])
  })

  it.each(REQUIRED.filter((name) => !MAY_BE_EMPTY.includes(name)))('an empty %s', (name) => {
    expect(refusal({ ...env, [name]: '' }).variables).toEqual([name])
  })

  it.each(Object.entries(UNUSABLE))(
    'an unusable %s, naming it and never its value',
    (name, values) => {
      for (const value of values) {
        const error = refusal({ ...env, [name]: value })
        expect({ value, variables: error.variables }).toEqual({ value, variables: [name] })
        const told = `${error.message} ${error.stack} ${JSON.stringify(error)}`
        if (value.length > 8) expect(told).not.toContain(value)
        expect(told).not.toContain(STRONG)
        expect(error.cause).toBeUndefined()
      }
    },
  )

  it.each(LIMITS)('a hundred thousand and one as %s: each hit of a limiter is a row', (name) => {
    expect(refusal({ ...env, [name]: '100001' }).variables).toEqual([name])
  })

  it('several at once, and names them all', () => {
    const vars = { ...env, AUTH_SECRETS: '', LOOKUP_SECRET: WEAK, LOG_LEVEL: 'loud' }
    expect([...refusal(vars).variables].sort()).toEqual([
      'AUTH_SECRETS',
      'LOG_LEVEL',
      'LOOKUP_SECRET',
    ])
  })

  it('an environment that is empty', () => {
    expect(refusal({}).variables).toEqual(expect.arrayContaining([...REQUIRED]))
  })

  it.each(['staging', 'production'])('in %s what is meant for a laptop', (ENVIRONMENT) => {
    const vars = { ...DEPLOYED, ENVIRONMENT }
    expect(() => parseConfig(vars)).not.toThrow()
    const cases: [string, object][] = [
      ['MAIL_PROVIDER', { MAIL_PROVIDER: 'dev' }],
      ['FRONTEND_URL', { FRONTEND_URL: 'http://app.gatehouse.example' }],
      ['FRONTEND_URL', { FRONTEND_URL: 'http://localhost:8787' }],
      ['MAIL_API_URL', { MAIL_API_URL: 'https://provider.example' }],
      ['BREACH_API_URL', { BREACH_API_URL: 'https://range-api.example' }],
      ['ALERT_WEBHOOK_URL', { ...WEBHOOK, ALERT_WEBHOOK_URL: 'http://alerts.example' }],
      ['ALERT_WEBHOOK_SECRET', { ALERT_WEBHOOK_URL: 'https://alerts.example' }],
      ['SENTRY_DSN', { SENTRY_DSN: 'http://key@sentry.example/1' }],
      ['TURNSTILE_API_URL', { TURNSTILE_API_URL: 'https://siteverify.example' }],
      ['TURNSTILE_SECRET', { TURNSTILE_SECRET: '1x0000000000000000000000000000000AA' }],
      ['TURNSTILE_SECRET', { TURNSTILE_SECRET: '2x0000000000000000000000000000000AA' }],
      ['MAIL_API_KEY', { MAIL_API_KEY: '' }],
      ['MAIL_API_KEY', { MAIL_API_KEY: 'changeme' }],
      ['MAIL_API_KEY', { MAIL_API_KEY: undefined }],
    ]
    for (const [name, overrides] of cases) {
      expect(refusal({ ...vars, ...overrides }).variables).toEqual([name])
    }
  })

  it('a real mail provider without its key, also on a laptop', () => {
    expect(refusal({ ...env, MAIL_PROVIDER: 'postmark' }).variables).toEqual(['MAIL_API_KEY'])
  })
})

const FILES = import.meta.glob<string>(['../README.md', '../src/config.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})

describe('the configuration chapter of the README', () => {
  const [, chapter = ''] =
    /^## Configuration\n([\s\S]*?)^## /m.exec(FILES['../README.md'] ?? '') ?? []
  const known = [...(FILES['../src/config.ts'] ?? '').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(
    ([, name]) => name,
  )
  /** First cells of its tables. */
  const listed = [...chapter.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name),
  )

  it('lists every variable and secret once, and none that nobody reads', () => {
    expect([...listed].sort()).toEqual([...known].sort())
  })

  it('knows the same ones as these tests', () => {
    expect([...known].sort()).toEqual([...REQUIRED, ...OPTIONAL].sort())
  })

  it('tells the default of each limit and duration as it is', () => {
    for (const name of [...LIMITS, ...DURATIONS, ...RETENTION, ...THRESHOLDS]) {
      const [, cells = '', defaults = ''] =
        new RegExp(`^\\| (.*\`${name}\`.*?) \\|.*\\| (.*?) \\|$`, 'm').exec(chapter) ?? []
      const names = [...cells.matchAll(/`(\w+)`/g)].map(([, one]) => one)
      expect(defaults.split(', ')[names.indexOf(name)], name).toBe(env[name])
    }
  })
})

const PATHS: [string, string][] = [
  ...createApp()
    .routes.filter(({ method, path }) => method !== 'ALL' && !NEEDS_NOTHING.includes(path))
    .map(({ method, path }): [string, string] => [method, path.replaceAll(/:[a-z]+/gi, 'x')]),
  ['GET', '/'],
  ['GET', '/nowhere'],
  ['DELETE', '/api/v1/auth/login'],
  ['OPTIONS', '/api/v1/auth/login'],
]
const EACH_PATH = [...new Set(PATHS.map((entry) => entry.join(' ')))]

describe('a worker without usable configuration', () => {
  const broken = { ...env, LOOKUP_SECRET: WEAK }

  it('answers 503 for a signing key of the right shape whose point is not on the curve', async () => {
    const lines = vi.spyOn(console, 'error').mockReturnValue()
    const JWT_PRIVATE_KEYS = keyWith({ x: 'A'.repeat(43) })
    const answer = await call('/.well-known/jwks.json', { env: { ...env, JWT_PRIVATE_KEYS } })
    expectStatus(answer, 503, 'unavailable')
    expect(lines.mock.calls.flat().join()).toContain('JWT_PRIVATE_KEYS')
  })

  it.each(EACH_PATH)('answers 503 in the envelope: %s', async (entry) => {
    const [method = '', path = ''] = entry.split(' ')
    vi.spyOn(console, 'error').mockReturnValue()
    const body = ['POST', 'PATCH', 'PUT'].includes(method) ? {} : undefined
    const answer = await call(path, { method, body, env: broken })
    expectStatus(answer, 503, 'unavailable')
    expect(answer.json).toEqual({
      success: false,
      message: 'The service is unavailable for a moment. Please try again.',
      code: 'unavailable',
      requestId: answer.headers.get('X-Request-Id'),
    })
  })

  it('still says that it runs', async () => {
    expectStatus(await call('/health', { env: broken }), 200)
  })

  it.each(REQUIRED)(
    'opens nothing without %s, and its log names it, never a value',
    async (name) => {
      const lines: string[] = []
      for (const level of ['log', 'warn', 'error'] as const) {
        vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)))
      }
      const answer = await call('/api/v1/auth/me', {
        env: { ...env, [name]: undefined } as unknown as Env,
        token: 'a.b.c',
      })
      expectStatus(answer, 503, 'unavailable')
      expect(answer.text).not.toContain(name)
      expect(lines.map((line) => JSON.parse(line))).toContainEqual({
        level: 'error',
        event: 'config_unusable',
        requestId: answer.json.requestId,
        variables: [name],
      })
      const secrets = [env.AUTH_SECRETS, env.LOOKUP_SECRET, env.PASSWORD_PEPPERS].map((text) =>
        text.split(':').at(-1),
      )
      for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret)
    },
  )

  it('is well again as soon as the configuration is', async () => {
    expectStatus(await call('/.well-known/jwks.json', { env: { ...env } }), 200)
  })
})
