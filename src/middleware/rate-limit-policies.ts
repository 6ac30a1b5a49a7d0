import type { Config } from '../config.ts'
import type { Policy } from '../durable-objects/limits.ts'

const MINUTE = 60
const HOUR = 3600

/** Every limit of the product in one table: how many, in how many seconds, counted by what. */
export const POLICIES = {
  general: { by: 'ip', windowSeconds: MINUTE, limit: () => 300 },
  login: { by: 'ip', windowSeconds: MINUTE, limit: (config) => config.loginLimitPerMinute },
  /** Valid bodies only; replays count. */
  signup: { by: 'ip', windowSeconds: HOUR, limit: (config) => config.signupLimitPerHour },
  verification: { by: 'ip', windowSeconds: HOUR, limit: () => 20 },
  resend: { by: 'ip', windowSeconds: HOUR, limit: () => 5 },
  /** Tokens that were refused; genuine ones are never counted. */
  refused: { by: 'ip', windowSeconds: MINUTE, limit: () => 60 },
  forgot: { by: 'ip', windowSeconds: HOUR, limit: () => 5 },
  forgotAddress: { by: 'address', windowSeconds: HOUR, limit: () => 3 },
  /** Links that set a password or end a session. */
  resetLink: { by: 'ip', windowSeconds: HOUR, limit: () => 30 },
  resendAddress: { by: 'address', windowSeconds: HOUR, limit: () => 3 },
} as const satisfies Record<
  string,
  { by: 'ip' | 'address'; windowSeconds: number; limit: (config: Config) => number }
>

export type PolicyName = keyof typeof POLICIES
export type IpPolicyName = {
  [N in PolicyName]: (typeof POLICIES)[N]['by'] extends 'ip' ? N : never
}[PolicyName]

export function policyOf(name: PolicyName, config: Config): Policy {
  const { windowSeconds, limit } = POLICIES[name]
  return { windowSeconds, limit: limit(config) }
}
