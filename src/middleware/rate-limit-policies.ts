import type { Config } from '../config.ts'
import type { Policy } from '../durable-objects/limits.ts'

const MINUTE = 60
const HOUR = 3600

interface LimitPolicy {
  /** Counted by client address (IPv6 by /64), or by the address that a mail would go to. */
  by: 'ip' | 'address'
  windowSeconds: number
  /** The variable that says how many; see wrangler.toml. */
  limit: (limits: Config['limits']) => number
}

/** Every limit of the product in one table: counted by what, in how many seconds, how many. */
export const POLICIES = {
  general: { by: 'ip', windowSeconds: MINUTE, limit: (limits) => limits.generalPerMinute },
  login: { by: 'ip', windowSeconds: MINUTE, limit: (limits) => limits.loginPerMinute },
  /** Valid bodies only; replays count. */
  signup: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.signupPerHour },
  verification: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.verificationPerHour },
  resend: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.resendPerHour },
  resendAddress: {
    by: 'address',
    windowSeconds: HOUR,
    limit: (limits) => limits.resendPerHourAndAddress,
  },
  forgot: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.forgotPerHour },
  forgotAddress: {
    by: 'address',
    windowSeconds: HOUR,
    limit: (limits) => limits.forgotPerHourAndAddress,
  },
  reset: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.resetPerHour },
  /** Codes that anyone may ask for; what is mailed is counted by address in its guard. */
  code: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.codePerHour },
  /** Pictures, which are parsed to their end. */
  upload: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.uploadPerHour },
  /** Answers that read much: all of somebody's data, the whole audit log. */
  export: { by: 'ip', windowSeconds: HOUR, limit: (limits) => limits.exportPerHour },
  /** Tokens that were refused; genuine ones are never counted. */
  refused: { by: 'ip', windowSeconds: MINUTE, limit: (limits) => limits.refusedPerMinute },
} as const satisfies Record<string, LimitPolicy>

export type PolicyName = keyof typeof POLICIES
export type IpPolicyName = {
  [N in PolicyName]: (typeof POLICIES)[N]['by'] extends 'ip' ? N : never
}[PolicyName]

export function policyOf(name: PolicyName, { limits }: Pick<Config, 'limits'>): Policy {
  const { windowSeconds, limit } = POLICIES[name]
  return { windowSeconds, limit: limit(limits) }
}
