/**
 * Logos in R2. An object is written under a fresh random key before the batch whose row names it; if that batch never
 * commits, the object is an orphan and the sweep removes it. One that a row names no more is noted in that row's batch
 * (`logo_garbage`) and removed by the cron. So a row never names an object that is not there.
 */
import { ApiError } from '../../http/errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { IMAGE_TYPES } from '../../lib/image.ts'
import type { Logo, LogoType } from './picture.ts'

export interface StoredLogo {
  type: LogoType
  bytes: number
  /** Null where only the facts were asked for. */
  body: ReadableStream | null
}

/** `put` and `find` throw `unavailable` when storage cannot be reached; the others what R2 throws. */
export interface LogoStore {
  /** Stores a picture and gives its key. */
  put(logo: Logo): Promise<string>
  /** The picture, or only the facts of it; undefined where there is none. */
  find(key: string, what: 'whole' | 'facts'): Promise<StoredLogo | undefined>
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
      await bucket.put(key, bytes, { httpMetadata: { contentType: type } }).catch(outage)
      return key
    },
    async find(key, what) {
      const whole = what === 'whole' ? await bucket.get(key).catch(outage) : null
      const facts = what === 'whole' ? whole : await bucket.head(key).catch(outage)
      // Written by nobody but `put`; served as nothing else than what it took.
      const type = IMAGE_TYPES.find((one) => one === facts?.httpMetadata?.contentType)
      return facts && type ? { type, bytes: facts.size, body: whole?.body ?? null } : undefined
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

function outage(cause: unknown): never {
  throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'logo_storage', cause })
}
