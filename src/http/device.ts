import type { Context } from 'hono'
import { formatDeviceToken, parseDeviceToken } from '../lib/tokens.ts'
import { readCookie, writeCookie } from './cookies.ts'
import type { AppEnv } from './factory.ts'

/** A browser stays known for so long. */
const DEVICE_COOKIE_SECONDS = 365 * 24 * 3600

/** The genuine device id of this client, or undefined; `inBody` counts before the cookie. It authenticates nothing. */
export function deviceOf(c: Context<AppEnv>, inBody?: string | null): string | undefined {
  const token = inBody ?? readCookie(c, 'device')
  return token === undefined ? undefined : parseDeviceToken(c.get('deps').keys, token)
}

/** Lets this browser be known by that id. */
export function writeDevice(c: Context<AppEnv>, deviceId: string): void {
  writeDeviceToken(c, formatDeviceToken(c.get('deps').keys, deviceId))
}

export function writeDeviceToken(c: Context<AppEnv>, token: string): void {
  writeCookie(c, 'device', token, DEVICE_COOKIE_SECONDS)
}
