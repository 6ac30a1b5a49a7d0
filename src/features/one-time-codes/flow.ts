/**
 * Which browser asked for a code. The flow is a secret that only it holds, in a cookie, or in the answer for a client
 * without cookies: a code or link works in the flow that asked for it, so that who reads the mail on another machine, or
 * scans it, gets no session, and a stranger's request neither ends nor burns somebody's code.
 */
import type { Context } from 'hono'
import { clearCookie, readCookie, writeCookie } from '../../http/cookies.ts'
import type { AppEnv } from '../../http/factory.ts'
import { hashSecret, newRandomSecret } from '../../lib/tokens.ts'

const FLOW = /^[A-Za-z0-9_-]{43}$/

/** The flow of this client, or undefined; `inBody` counts before the cookie. */
export function flowOf(c: Context<AppEnv>, inBody?: string | null): string | undefined {
  const flowId = inBody ?? readCookie(c, 'flow')
  return flowId !== undefined && FLOW.test(flowId) ? flowId : undefined
}

/** The flow that a new code belongs to: the browser's own, so that the code ends its older one, else a new one. */
export function continueFlow(c: Context<AppEnv>): string {
  return flowOf(c) ?? newRandomSecret()
}

/** Lives as long as the newest code. */
export function writeFlow(c: Context<AppEnv>, flowId: string): void {
  writeCookie(c, 'flow', flowId, c.get('deps').config.otpTtlSeconds)
}

/** The code of the flow is used up: the browser needs it no more. */
export function endFlow(c: Context<AppEnv>): void {
  if (readCookie(c, 'flow') !== undefined) clearCookie(c, 'flow')
}

/** What the account guard knows the flow by: like every secret, it is stored as a hash. */
export function guardFlow(flowId: string): string {
  return `sign_in:${hashSecret(flowId)}`
}
