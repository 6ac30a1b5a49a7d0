/**
 * Logos in R2. An object is written under a fresh random key before the batch whose row names it; if that batch never
 * commits, the object is an orphan and the sweep removes it. A row never names an object that is not there.
 */
import { ApiError } from '../../http/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Logo } from '../signup/logo.ts'

export interface LogoStore {
  /** Stores a picture and gives its key. Throws `unavailable` when storage cannot be reached. */
  put(logo: Logo): Promise<string>
  /** Up to 1000 keys that start with `prefix`. */
  list(prefix: string): Promise<string[]>
  remove(keys: string[]): Promise<void>
}

/** `logos/2026-11-22/`: what was stored that day (UTC). */
export function logoDayPrefix(moment: number): string {
  return `logos/${new Date(moment).toISOString().slice(0, 10)}/`
}

export function createLogoStore(bucket: R2Bucket, clock: Clock): LogoStore {
  return {
    async put({ bytes, type }) {
      const random = crypto.randomUUID().replaceAll('-', '')
      const key = `${logoDayPrefix(clock())}${random}`
      try {
        await bucket.put(key, bytes, { httpMetadata: { contentType: type } })
      } catch (cause) {
        throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'logo_storage', cause })
      }
      return key
    },
    async list(prefix) {
      const { objects } = await bucket.list({ prefix, limit: 1000 })
      return objects.map(({ key }) => key)
    },
    async remove(keys) {
      await bucket.delete(keys)
    },
  }
}
