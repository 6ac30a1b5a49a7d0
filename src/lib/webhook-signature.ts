/**
 * Signatures of webhooks as Standard Webhooks 1.0 has them (standardwebhooks.com): HMAC-SHA256 over id, moment and body
 * joined by dots, under the bytes that `whsec_` stands before. Pure: no I/O, no clock.
 */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { fromBase64, utf8 } from './encoding.ts'

const PREFIX = 'whsec_'

/** The three headers of a webhook whose body is exactly these characters. `now` in ms UTC. Throws where the secret is none. */
export function signWebhook(
  secret: string,
  { id, now, body }: { id: string; now: number; body: string },
): Record<string, string> {
  const key = secret.startsWith(PREFIX) ? fromBase64(secret.slice(PREFIX.length)) : undefined
  if (key === undefined) throw new Error('not a secret of Standard Webhooks')
  const timestamp = String(Math.floor(now / 1000))
  const mac = hmac(sha256, key, utf8(`${id}.${timestamp}.${body}`))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${btoa(String.fromCharCode(...mac))}`,
  }
}
