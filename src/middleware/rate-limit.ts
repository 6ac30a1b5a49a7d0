/**
 * The IP policy of a route, as its line names it. Charged before anything is looked up; a limiter that cannot answer
 * refuses with 503. Answers carry the fields of draft-ietf-httpapi-ratelimit-headers; a refusal is 429 with Retry-After.
 */
import type { Context } from 'hono'
import type { LimitVerdict } from '../durable-objects/limits.ts'
import { ApiError } from '../http/errors.ts'
import { type AppEnv, factory } from '../http/factory.ts'
import { ipBucket } from '../lib/client-ip.ts'
import { type IpPolicyName, policyOf } from './rate-limit-policies.ts'

/** Waits for the limiter's verdict, then goes on. */
export const limitByIp = (name: IpPolicyName) =>
  factory.createMiddleware(async function limitClientIp(c, next) {
    await admit(c, name)
    await next()
  })

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

async function admit(c: Context<AppEnv>, name: IpPolicyName): Promise<void> {
  const { limits, config } = c.get('deps')
  const policy = policyOf(name, config)
  const verdict = await limits.hitIp(name, policy, ipBucket(c.req.header('CF-Connecting-IP')))
  writeLimitFields(c, name, policy, verdict)
  if (!verdict.allowed) {
    throw new ApiError('rate_limited', {
      retryAfterSeconds: verdict.retryAfterSeconds,
      reason: name,
    })
  }
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
