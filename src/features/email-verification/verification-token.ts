/** The link that proves a mailbox. Its token is derived from the row's id; the row keeps a hash of it. */
import type { Config } from '../../config.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { newLinkToken } from '../../lib/tokens.ts'

export function newVerificationToken(
  deps: { keys: KeyRing; config: Pick<Config, 'verifyLinkTtlSeconds'> },
  now: number,
) {
  const ttlSeconds = deps.config.verifyLinkTtlSeconds
  return newLinkToken(deps.keys, 'verify_email', { now, ttlSeconds })
}
