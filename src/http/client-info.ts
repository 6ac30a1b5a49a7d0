import type { Context } from 'hono'
import { cutUserAgent } from '../lib/user-agent.ts'
import type { AppEnv } from './factory.ts'

/** Where a request came from, as the edge says: for sessions, audit rows and a community's time zone. */
export interface ClientInfo {
  ip: string | null
  userAgent: string | null
  country: string | null
  city: string | null
  timezone: string | null
}

const MAX_IP_LENGTH = 45

export function clientInfo(c: Context<AppEnv>): ClientInfo {
  const cf: Partial<IncomingRequestCfProperties> = c.req.raw.cf ?? {}
  return {
    ip: c.req.header('CF-Connecting-IP')?.slice(0, MAX_IP_LENGTH) ?? null,
    userAgent: cutUserAgent(c.req.header('User-Agent')),
    country: cf.country ?? null,
    city: cf.city ?? null,
    timezone: cf.timezone ?? null,
  }
}
