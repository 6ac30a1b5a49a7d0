/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), claimed in the batch of the command itself: there is
 * no lease and nothing "still running". Twins that arrive together race for the key; the loser reads the winner's answer.
 * Only a success is remembered. The fingerprint is an HMAC, because the body holds a password.
 */
import { and, eq, gt, lte, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { idempotencyKeys } from '../../db/schema/index.ts'
import { fromBase64, toBase64Url } from '../../lib/encoding.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { hashSecret } from '../../lib/tokens.ts'

const IDEMPOTENCY_KEY_LIFETIME_MS = 24 * 3600 * 1000

export interface IdempotentRequest {
  /** Hash of method, path and the client's key. */
  keyHash: string
  /** The body as it was sent, but for the proof that a human sends it. */
  body: string
}

export type StoredAnswer = typeof idempotencyKeys.$inferSelect

export function toIdempotentRequest(route: string, key: string, body: string): IdempotentRequest {
  return { keyHash: hashSecret(`${route}\n${key}`), body: withoutHumanToken(body) }
}

/** A form that repeats itself has a new Turnstile token, for the one before is used up: it says the same all the same. */
function withoutHumanToken(body: string): string {
  if (!body.includes('"turnstileToken"')) return body
  const { turnstileToken: _, ...said } = JSON.parse(body) as Record<string, unknown>
  return JSON.stringify(said)
}

export function selectStoredAnswer(db: Database, keyHash: string | undefined, now: number) {
  return db
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.keyHash, keyHash ?? ''), gt(idempotencyKeys.expiresAt, now)))
}

/** Was the stored answer given to this very body? Holds across a rotation of AUTH_SECRETS. */
export function isSameBody(
  keys: KeyRing,
  stored: StoredAnswer,
  request: IdempotentRequest,
): boolean {
  const mac = fromBase64(stored.fingerprint)
  return mac !== undefined && keys.verifies('idempotency', request.body, mac)
}

/** Frees the key if its day is over, then claims it with the answer that `data` selects. A constraint error means that a twin was first. */
export function claimKey(
  db: Database,
  keys: KeyRing,
  claim: {
    request: IdempotentRequest
    now: number
    status: number
    data: SQL
    from: SQL
    condition: SQL
  },
) {
  const { request, now, status, data, from, condition } = claim
  const row = {
    keyHash: request.keyHash,
    fingerprint: toBase64Url(keys.sign('idempotency', request.body)),
    status,
    response: sql<Record<string, unknown>>`${data}`,
    createdAt: now,
    expiresAt: now + IDEMPOTENCY_KEY_LIFETIME_MS,
  }
  return [
    db
      .delete(idempotencyKeys)
      .where(
        and(eq(idempotencyKeys.keyHash, request.keyHash), lte(idempotencyKeys.expiresAt, now)),
      ),
    insertWhere(db, idempotencyKeys, row, condition, from),
  ] as const
}
