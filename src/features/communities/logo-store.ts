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
  /** The keys that start with `prefix`, 10 000 at most. */
  list(prefix: string): Promise<string[]>
  remove(keys: string[]): Promise<void>
}

/** R2 gives 1000 keys a page. */
const MAX_PAGES = 10

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
      const keys: string[] = []
      let page = await bucket.list({ prefix })
      for (let pages = 1; ; pages++) {
        keys.push(...page.objects.map(({ key }) => key))
        if (!page.truncated || pages === MAX_PAGES) return keys
        page = await bucket.list({ prefix, cursor: page.cursor })
      }
    },
    async remove(keys) {
      await bucket.delete(keys)
    },
  }
}
