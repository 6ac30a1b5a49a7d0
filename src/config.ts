/**
 * parseConfig is the only reader of vars and secrets. A missing or weak one throws ConfigError, which names the
 * variable and never its value; every route but /health then answers 503. Nothing falls open.
 */
import * as z from 'zod'
import { fromBase64 } from './lib/encoding.ts'
import { areUsable, type SigningKey } from './lib/jwt.ts'
import type { VersionedSecret } from './lib/key-ring.ts'
import { parseDsn } from './lib/sentry-dsn.ts'

const MIN_SECRET_BYTES = 32
const MIN_DISTINCT_BYTES = 12

/** Raised by parseConfig. `variables` are names, safe to log. */
export class ConfigError extends Error {
  readonly variables: readonly string[]
  constructor(variables: readonly string[]) {
    super(`Missing or unusable configuration: ${variables.join(', ')}`)
    this.variables = variables
  }
}

const secretBytes = z
  .string()
  .transform((text) => fromBase64(text))
  .refine((bytes) => bytes !== undefined && isStrong(bytes))
  .transform((bytes) => bytes ?? new Uint8Array())

/** `2:<base64>,1:<base64>`: the first one signs, all verify. */
const versionedSecrets = z
  .string()
  .transform((text) => text.split(',').map((entry) => entry.trim().split(':')))
  .pipe(z.array(z.tuple([z.string().regex(/^[1-9]\d{0,5}$/), secretBytes])).min(1))
  .refine((entries) => new Set(entries.map(([version]) => version)).size === entries.length)
  .transform(
    (entries) =>
      entries.map(([version, secret]) => ({ version: Number(version), secret })) as [
        VersionedSecret,
        ...VersionedSecret[],
      ],
  )

const signingKeys = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown
    } catch {
      context.addIssue('not JSON')
      return z.NEVER
    }
  })
  .pipe(
    z.object({
      keys: z
        .array(
          z.object({
            kty: z.literal('EC'),
            crv: z.literal('P-256'),
            kid: z.string().min(1).max(100),
            x: z.string().length(43),
            y: z.string().length(43),
            d: z.string().length(43),
          }),
        )
        .min(1),
    }),
  )
  .refine(({ keys }) => new Set(keys.map(({ kid }) => kid)).size === keys.length)
  .transform(({ keys }) => keys as [SigningKey, ...SigningKey[]])

const positive = z.coerce.number().int().min(1).max(315_360_000)
/** The log of a limiter has one row per hit, so a limit is no place for "as many as you like". */
const hits = positive.max(100_000)
const days = z.coerce.number().int().min(1).max(36_500)
/** 0: never told. */
const threshold = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
/** Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
const webhookSecret = z.union([
  z.literal(''),
  z.string().refine((text) => {
    const bytes = fromBase64(text.replace(/^whsec_/, ''))
    return (
      text.startsWith('whsec_') && bytes !== undefined && bytes.length >= 24 && bytes.length <= 64
    )
  }),
])
/** Separated by commas. */
const addresses = z
  .string()
  .transform((text) => text.split(',').flatMap((entry) => entry.trim() || []))
  .pipe(z.array(z.email()).max(20))
/** Somebody waits for the answer of whom we ask: a minute at most. */
const waitMs = positive.max(60_000)
/** Cookies live 400 days at most (RFC 6265bis §5.6.1): no token that travels in one lives longer. */
const cookieSeconds = positive.max(34_560_000)
const origin = z.url({ protocol: /^[a-z][a-z0-9+.-]*$/ }).refine((text) => !text.endsWith('/'))
const origins = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean),
  )
  .pipe(z.array(origin))

/** RFC 9116 §2.5.3: a URI; a web address must be https. */
const SECURITY_CONTACT = /^(mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s/]+\S*|tel:\+[\d-]+)$/

const schema = z.object({
  ENVIRONMENT: z.enum(['dev', 'staging', 'production']),
  APP_NAME: z.string().min(1).max(60),
  FRONTEND_URL: z.string(),
  ALLOWED_ORIGINS: origins,
  AUTH_SECRETS: versionedSecrets,
  PASSWORD_PEPPERS: versionedSecrets,
  LOOKUP_SECRET: secretBytes,
  JWT_PRIVATE_KEYS: signingKeys,
  JWT_ISSUER: z.string().min(1),
  JWT_AUDIENCE: z.string().min(1),
  MAIL_PROVIDER: z.enum(['dev', 'resend', 'postmark']),
  MAIL_API_KEY: z.string().default(''),
  MAIL_API_URL: z.union([z.literal(''), z.url()]).default(''),
  MAIL_FROM: z.string().regex(/^[^\r\n]*<[^@<>\s]+@[^@<>\s]+>$|^[^@<>\s]+@[^@<>\s]+$/),
  BREACH_LOOKUP: z.enum(['on', 'off']),
  BREACH_API_URL: z.union([z.literal(''), z.url()]).default(''),
  BREACH_TIMEOUT_MS: waitMs.optional(),
  TURNSTILE_SECRET: z.string().max(200).default(''),
  TURNSTILE_OUTAGE: z.enum(['refuse', 'allow']),
  TURNSTILE_API_URL: z.union([z.literal(''), z.url()]).default(''),
  SECURITY_CONTACT: z.string().regex(SECURITY_CONTACT),
  COOKIE_SAMESITE: z.enum(['Strict', 'Lax', 'None']),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']),
  LOGIN_BLOCK_SECONDS: positive,
  REFRESH_GRACE_SECONDS: positive,
  SESSION_IDLE_SECONDS: cookieSeconds,
  SESSION_ABSOLUTE_SECONDS: cookieSeconds,
  ACCESS_TOKEN_SECONDS: cookieSeconds,
  VERIFY_LINK_SECONDS: positive,
  RESET_LINK_SECONDS: positive,
  OTP_SECONDS: positive,
  INVITATION_SECONDS: positive,
  SIGNUP_TOKEN_SECONDS: positive,
  EMAIL_UNDO_SECONDS: positive,
  GENERAL_LIMIT_PER_MINUTE: hits,
  LOGIN_LIMIT_PER_MINUTE: hits,
  REFUSED_LIMIT_PER_MINUTE: hits,
  SIGNUP_LIMIT_PER_HOUR: hits,
  VERIFICATION_LIMIT_PER_HOUR: hits,
  RESEND_LIMIT_PER_HOUR: hits,
  RESEND_LIMIT_PER_HOUR_AND_ADDRESS: hits,
  FORGOT_LIMIT_PER_HOUR: hits,
  FORGOT_LIMIT_PER_HOUR_AND_ADDRESS: hits,
  RESET_LIMIT_PER_HOUR: hits,
  CODE_LIMIT_PER_HOUR: hits,
  UPLOAD_LIMIT_PER_HOUR: hits,
  EXPORT_LIMIT_PER_HOUR: hits,
  AUDIT_RETENTION_DAYS: days,
  IP_RETENTION_DAYS: days,
  ALERT_FAILED_LOGINS: threshold,
  ALERT_SIGNUPS: threshold,
  ALERT_MAIL_FAILURES: threshold,
  ALERT_DEAD_LETTERS: threshold,
  ALERT_REFRESH_REUSE: threshold,
  ALERT_LIMITER_ERRORS: threshold,
  ALERT_EMAILS: addresses,
  ALERT_WEBHOOK_URL: z.union([z.literal(''), z.url()]).default(''),
  ALERT_WEBHOOK_SECRET: webhookSecret.default(''),
  SENTRY_DSN: z
    .union([z.literal(''), z.string().refine((text) => parseDsn(text) !== undefined)])
    .default(''),
})

export type Config = ReturnType<typeof toConfig>

/** Reads and checks the whole environment. Throws ConfigError. */
export function parseConfig(env: object): Config {
  const parsed = schema.safeParse(env)
  if (!parsed.success) {
    throw new ConfigError([...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))])
  }
  const unfit = unfitForEnvironment(parsed.data)
  if (unfit.length > 0) throw new ConfigError(unfit)
  return toConfig(parsed.data)
}

/** Configurations by the env object of the isolate: that object lives and stays the same as long as the isolate does. */
const known = new WeakMap<object, Config>()

/** parseConfig, once per isolate. */
export function configOf(env: object): Config {
  const config = known.get(env) ?? parseConfig(env)
  known.set(env, config)
  return config
}

/** The same once its keys have been tried: a point that is not on the curve shows only when it is imported. */
export async function usableConfigOf(env: object): Promise<Config> {
  const config = configOf(env)
  if (await areUsable(config.jwt.keys)) return config
  throw new ConfigError(['JWT_PRIVATE_KEYS'])
}

/** What is allowed on a laptop only: the inbox as provider, another address of an API, plain http. */
function unfitForEnvironment(vars: z.infer<typeof schema>): string[] {
  const isDev = vars.ENVIRONMENT === 'dev'
  const unfit: string[] = []
  if (!isDev && vars.MAIL_PROVIDER === 'dev') unfit.push('MAIL_PROVIDER')
  if (vars.MAIL_PROVIDER !== 'dev' && vars.MAIL_API_KEY.length < 16) unfit.push('MAIL_API_KEY')
  if (!isDev && vars.MAIL_API_URL !== '') unfit.push('MAIL_API_URL')
  if (!isDev && vars.BREACH_API_URL !== '') unfit.push('BREACH_API_URL')
  if (!isDev && vars.TURNSTILE_API_URL !== '') unfit.push('TURNSTILE_API_URL')
  // The secrets that Cloudflare publishes for tests pass or refuse everybody.
  if (!isDev && /^\dx0{10}/.test(vars.TURNSTILE_SECRET)) unfit.push('TURNSTILE_SECRET')
  if (!isDev && /^http:/.test(vars.ALERT_WEBHOOK_URL)) unfit.push('ALERT_WEBHOOK_URL')
  if (vars.ALERT_WEBHOOK_URL !== '' && vars.ALERT_WEBHOOK_SECRET === '') {
    unfit.push('ALERT_WEBHOOK_SECRET')
  }
  if (!isDev && /^http:/.test(vars.SENTRY_DSN)) unfit.push('SENTRY_DSN')
  const frontend = isDev ? /^https?:\/\/[^/]+/ : /^https:\/\/[^/]+/
  if (!frontend.test(vars.FRONTEND_URL) || !URL.canParse(vars.FRONTEND_URL)) {
    unfit.push('FRONTEND_URL')
  }
  return unfit
}

function toConfig(vars: z.infer<typeof schema>) {
  return {
    environment: vars.ENVIRONMENT,
    appName: vars.APP_NAME,
    /** Base of mailed links, without a slash at the end. In dev it is the worker itself. */
    frontendUrl: vars.FRONTEND_URL.replace(/\/+$/, ''),
    allowedOrigins: vars.ALLOWED_ORIGINS as readonly string[],
    authSecrets: vars.AUTH_SECRETS,
    passwordPeppers: vars.PASSWORD_PEPPERS,
    lookupSecret: vars.LOOKUP_SECRET,
    jwt: { issuer: vars.JWT_ISSUER, audience: vars.JWT_AUDIENCE, keys: vars.JWT_PRIVATE_KEYS },
    mail: {
      provider: vars.MAIL_PROVIDER,
      apiKey: vars.MAIL_API_KEY,
      /** Another address of the provider's API; only in dev and tests. */
      apiUrl: vars.MAIL_API_URL,
      from: vars.MAIL_FROM,
    },
    breaches: {
      isLookupOn: vars.BREACH_LOOKUP === 'on',
      /** Another address of the range API; only in dev and tests. */
      apiUrl: vars.BREACH_API_URL,
      timeoutMs: vars.BREACH_TIMEOUT_MS,
    },
    turnstile: {
      /** Empty: nobody is asked to prove that they are human. */
      secret: vars.TURNSTILE_SECRET,
      isOutageAllowed: vars.TURNSTILE_OUTAGE === 'allow',
      /** Another address of the API; only in dev and tests. */
      apiUrl: vars.TURNSTILE_API_URL,
    },
    /** Where to report a vulnerability, for security.txt. */
    securityContact: vars.SECURITY_CONTACT,
    cookieSameSite: vars.COOKIE_SAMESITE,
    logLevel: vars.LOG_LEVEL,
    loginBlockSeconds: vars.LOGIN_BLOCK_SECONDS,
    refreshGraceSeconds: vars.REFRESH_GRACE_SECONDS,
    sessionIdleSeconds: vars.SESSION_IDLE_SECONDS,
    sessionAbsoluteSeconds: vars.SESSION_ABSOLUTE_SECONDS,
    accessTokenTtlSeconds: vars.ACCESS_TOKEN_SECONDS,
    verifyLinkTtlSeconds: vars.VERIFY_LINK_SECONDS,
    resetLinkTtlSeconds: vars.RESET_LINK_SECONDS,
    otpTtlSeconds: vars.OTP_SECONDS,
    invitationTtlSeconds: vars.INVITATION_SECONDS,
    signupTokenTtlSeconds: vars.SIGNUP_TOKEN_SECONDS,
    emailUndoTtlSeconds: vars.EMAIL_UNDO_SECONDS,
    limits: {
      generalPerMinute: vars.GENERAL_LIMIT_PER_MINUTE,
      loginPerMinute: vars.LOGIN_LIMIT_PER_MINUTE,
      refusedPerMinute: vars.REFUSED_LIMIT_PER_MINUTE,
      signupPerHour: vars.SIGNUP_LIMIT_PER_HOUR,
      verificationPerHour: vars.VERIFICATION_LIMIT_PER_HOUR,
      resendPerHour: vars.RESEND_LIMIT_PER_HOUR,
      resendPerHourAndAddress: vars.RESEND_LIMIT_PER_HOUR_AND_ADDRESS,
      forgotPerHour: vars.FORGOT_LIMIT_PER_HOUR,
      forgotPerHourAndAddress: vars.FORGOT_LIMIT_PER_HOUR_AND_ADDRESS,
      resetPerHour: vars.RESET_LIMIT_PER_HOUR,
      codePerHour: vars.CODE_LIMIT_PER_HOUR,
      uploadPerHour: vars.UPLOAD_LIMIT_PER_HOUR,
      exportPerHour: vars.EXPORT_LIMIT_PER_HOUR,
    },
    auditRetentionDays: vars.AUDIT_RETENTION_DAYS,
    ipRetentionDays: vars.IP_RETENTION_DAYS,
    alerts: {
      /** Count within an hour from which on it is told; 0 for never. */
      thresholds: {
        failed_logins: vars.ALERT_FAILED_LOGINS,
        signups: vars.ALERT_SIGNUPS,
        mail_failures: vars.ALERT_MAIL_FAILURES,
        dead_letters: vars.ALERT_DEAD_LETTERS,
        refresh_reuse: vars.ALERT_REFRESH_REUSE,
        limiter_errors: vars.ALERT_LIMITER_ERRORS,
      },
      emails: vars.ALERT_EMAILS as readonly string[],
      webhook: { url: vars.ALERT_WEBHOOK_URL, secret: vars.ALERT_WEBHOOK_SECRET },
    },
    /** Undefined: faults are logged only. */
    sentryDsn: parseDsn(vars.SENTRY_DSN),
  }
}

function isStrong(bytes: Uint8Array): boolean {
  return bytes.length >= MIN_SECRET_BYTES && new Set(bytes).size >= MIN_DISTINCT_BYTES
}
