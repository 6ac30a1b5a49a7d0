/**
 * The IP policy of a route, as its line names it. Charged before anything is looked up; a limiter that cannot answer
 * refuses with 503. Answers carry the fields of draft-ietf-httpapi-ratelimit-headers; a refusal is 429 with Retry-After.
 */
import type { Context } from 'hono'
import type { LimitVerdict } from '../durable-objects/limits.ts'
import type { ErrorCode } from '../http/error-codes.ts'
import { ApiError } from '../http/errors.ts'
import { type AppEnv, factory } from '../http/factory.ts'
import { ipBucket } from '../lib/client-ip.ts'
import { errorFields } from '../log.ts'
import { type IpPolicyName, policyOf } from './rate-limit-policies.ts'

interface IpLimitOptions {
  /** Goes on where the limiter is silent: to end a session must not depend on it. */
  goesOnWithoutLimiter?: boolean
  /** Refusals that count as anything else does, not here. Only such as an attempt at guessing can never meet. */
  forgives?: readonly ErrorCode[]
}

/** Waits for the limiter's verdict, then goes on. A route that answers in forms of unlike cost names a policy for each. */
export const limitByIp = (
  policy: IpPolicyName | ((c: Context<AppEnv>) => IpPolicyName),
  options: IpLimitOptions = {},
) =>
  factory.createMiddleware(async function limitClientIp(c, next) {
    const name = typeof policy === 'function' ? policy(c) : policy
    if (options.goesOnWithoutLimiter) await admitUnlessSilent(c, name)
    else await admit(c, name)
    await next()
    if (!(c.error instanceof ApiError) || !options.forgives?.includes(c.error.code)) return
    await forgive(c, name)
    await admitUnlessSilent(c, 'general')
  })

async function forgive(c: Context<AppEnv>, name: IpPolicyName): Promise<void> {
  const { limits, log } = c.get('deps')
  await limits.forgiveIp(name, bucketOf(c)).catch((error: unknown) => {
    log.warn('limiter_unavailable', { policy: name, ...errorFields(error) })
  })
}

/**
 * Asks the limiter and goes on beside it: the handler awaits `c.var.admitted` before it acts, and a refusal takes the
 * place of whatever else would have been answered.
 */
export const limitByIpBeside = (name: IpPolicyName) =>
  factory.createMiddleware(async function limitClientIpBeside(c, next) {
    const admitted = admit(c, name)
    // The handler may never look at it (a bad body): the rejection is then met below, not left unhandled.
    admitted.catch(() => undefined)
    c.set('admitted', admitted)
    await next()
    await admitted
  })

/** Refusals that count against the client's address on a route that asks no limiter before it acts. */
const COUNTED: readonly ErrorCode[] = ['refresh_invalid', 'unauthenticated']

/**
 * For routes that must go on where the limiter is silent, and where a genuine token is never limited: what was refused
 * is counted, and beyond the limit the refusal is a 429.
 */
export const limitRefusals = (name: IpPolicyName) =>
  factory.createMiddleware(async function limitRefusedIp(c, next) {
    await next()
    if (!(c.error instanceof ApiError) || !COUNTED.includes(c.error.code)) return
    await admitUnlessSilent(c, name)
  })

async function admitUnlessSilent(c: Context<AppEnv>, name: IpPolicyName): Promise<void> {
  try {
    await admit(c, name)
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'unavailable') throw error
    c.get('deps').log.warn('limiter_unavailable', { policy: name })
  }
}

async function admit(c: Context<AppEnv>, name: IpPolicyName): Promise<void> {
  const { limits, config } = c.get('deps')
  const policy = policyOf(name, config)
  const verdict = await limits.hitIp(name, policy, bucketOf(c))
  writeLimitFields(c, name, policy, verdict)
  if (!verdict.allowed) {
    throw new ApiError('rate_limited', {
      retryAfterSeconds: verdict.retryAfterSeconds,
      reason: name,
    })
  }
}

function bucketOf(c: Context<AppEnv>): string {
  return ipBucket(c.req.header('CF-Connecting-IP'))
}

function writeLimitFields(
  c: Context<AppEnv>,
  name: string,
  policy: { limit: number; windowSeconds: number },
  verdict: LimitVerdict,
): void {
  const append = { append: true }
  c.header('RateLimit-Policy', `"${name}";q=${policy.limit};w=${policy.windowSeconds}`, append)
  c.header('RateLimit', `"${name}";r=${verdict.remaining};t=${verdict.resetSeconds}`, append)
}
