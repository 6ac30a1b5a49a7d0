/** Where a logo is served. No I/O. No clock. */
import { hashSecret } from '../../lib/tokens.ts'

const VERSION_LENGTH = 16

/** Tells one logo of a community from the one before. No key of storage, and none can be told from it. */
export function versionOf(key: string): string {
  return hashSecret(key).slice(0, VERSION_LENGTH)
}

/** Path of a community's logo, under which it never changes. */
export function logoUrlOf(communityId: string, key: string): string {
  return `/api/v1/communities/${communityId}/logo?v=${versionOf(key)}`
}
