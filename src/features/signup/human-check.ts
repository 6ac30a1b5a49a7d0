/**
 * The proof that a human signs up, where the deployment asks for one (TURNSTILE_SECRET). Asked after the signup limit is
 * charged and before anything is hashed or stored, so that a robot costs no more than one request. While nobody can be
 * asked, the deployment's own word decides: refuse for the moment, or let in and tell the reviewer.
 */
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { fromBase64 } from '../../lib/encoding.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { say } from '../../messages/message.ts'

const RETRY_SECONDS = 5
const MESSAGE = say('human_check')

export interface HumanProof {
  /** What the widget on the page gave. */
  token: string | undefined
  ip: string | null
  /** Hash of the client's Idempotency-Key, where it sent one. */
  keyHash: string | undefined
}

/**
 * `skipped`: the check was due, but could not be made. Throws validation_failed under `turnstileToken` for a token that
 * is missing or refused, and unavailable where an outage is not to let anybody in.
 */
export async function proveHuman(
  deps: Pick<Deps, 'turnstile' | 'config'>,
  { token, ip, keyHash }: HumanProof,
): Promise<'not_asked' | 'human' | 'skipped'> {
  if (!deps.turnstile.isOn) return 'not_asked'
  if (!token) throw notProven('human_check_missing')
  const idempotencyKey = verificationKey(keyHash, token)
  const verdict = await deps.turnstile.verify({ token, ip, idempotencyKey })
  switch (verdict) {
    case 'human':
      return 'human'
    case 'refused':
      throw notProven('human_check_refused')
    case 'unavailable':
      if (deps.config.turnstile.isOutageAllowed) return 'skipped'
      throw unavailable('human_check_unavailable')
    // No outage that passes: it lets nobody in, however the deployment is set.
    case 'misconfigured':
      throw unavailable('human_check_misconfigured')
  }
  // Every verdict returns or throws: a new one without its case does not compile.
}

function unavailable(reason: string): ApiError {
  return new ApiError('unavailable', { retryAfterSeconds: RETRY_SECONDS, reason })
}

function notProven(reason: string): ApiError {
  return new ApiError('validation_failed', { errors: { turnstileToken: MESSAGE }, reason })
}

/**
 * The same for one Idempotency-Key and one token, so that twins and a repeated request may verify a token that is good
 * only once; a new token under the same key is a new question. Has the form of a random UUID (RFC 9562 §5.4).
 */
function verificationKey(keyHash: string | undefined, token: string): string {
  const hash = keyHash && fromBase64(hashSecret(`${keyHash}\n${token}`))
  if (!hash) return crypto.randomUUID()
  const bytes = hash.slice(0, 16)
  bytes[6] = 0x40 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
