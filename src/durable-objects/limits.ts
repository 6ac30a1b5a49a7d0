/** Asks the rate limiters: one object per policy and client, named by a keyed hash. */
import type { Lookup } from '../lib/lookup.ts'
import { callObject, type ObjectCalls } from './call.ts'
import type { RateLimiter } from './rate-limiter.ts'

const TIMEOUT_MS = 3_000

export interface Policy {
  limit: number
  windowSeconds: number
}

export type LimitVerdict = ReturnType<RateLimiter['hit']>

export interface Limits {
  /** Counts one hit of a client (an IP bucket) under a policy. Throws `unavailable` when nobody answers. */
  hitIp(policyName: string, policy: Policy, ipBucket: string): Promise<LimitVerdict>
  /** Takes the client's newest hit under that policy back. Throws `unavailable` when nobody answers. */
  forgiveIp(policyName: string, ipBucket: string): Promise<void>
}

export function createLimits(
  namespace: DurableObjectNamespace<RateLimiter>,
  lookup: Lookup,
  calls: ObjectCalls,
): Limits {
  const of = (name: string, bucket: string) =>
    namespace.getByName(`${name}:ip:${lookup.ip(bucket)}`)
  return {
    hitIp: (name, { limit, windowSeconds }, bucket) =>
      callObject(calls, TIMEOUT_MS, () => of(name, bucket).hit({ limit, windowSeconds })),
    forgiveIp: (name, bucket) =>
      callObject(calls, TIMEOUT_MS, async () => {
        await of(name, bucket).forgive()
      }),
  }
}
