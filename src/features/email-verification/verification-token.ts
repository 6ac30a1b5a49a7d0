/** The link that proves a mailbox. Its token is derived from the row's id; the row keeps a hash of it. */
import type { Config } from '../../config.ts'
import { newId } from '../../lib/ids.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { deriveLinkToken, hashSecret } from '../../lib/tokens.ts'

export function newVerificationToken(
  deps: { keys: KeyRing; config: Pick<Config, 'verifyLinkTtlSeconds'> },
  now: number,
) {
  const id = newId(now)
  const keyVersion = deps.keys.signingVersion
  const token = deriveLinkToken(deps.keys, 'link.verify_email', id, keyVersion)
  if (token === undefined) throw new Error('the signing version has a key by definition')
  return {
    id,
    purpose: 'verify_email' as const,
    keyVersion,
    tokenHash: hashSecret(token),
    createdAt: now,
    expiresAt: now + deps.config.verifyLinkTtlSeconds * 1000,
  }
}
