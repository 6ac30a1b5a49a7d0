/**
 * Did a human fill this form in? Asks the siteverify API of Cloudflare Turnstile about the token that the widget on the
 * page gave: it is good for five minutes and for one verification, but for those that carry the same idempotency key.
 * Only the API's own word makes somebody human or refuses. Where it gives none (an outage, or a secret that it does not
 * know), the answer is `unavailable` or `misconfigured`, the caller hears why, and what happens then is the caller's rule:
 * a fault of ours must never look like a robot, nor a robot like a fault of ours.
 * Neither the token nor the secret is part of any reason.
 */
import { readBoundedText } from './bounded-text.ts'

const API_URL = 'https://challenges.cloudflare.com/turnstile/v0'
const TIMEOUT_MS = 3000
/** Many times what an answer takes. Counted after decompression. */
const MAX_ANSWER_BYTES = 16 * 1024

/** Why a verification gave no answer; `http_<status>` covers redirects, which are never followed. Safe to log. */
export type TurnstileOutage =
  | 'timeout'
  | 'network'
  | 'too_large'
  | 'unreadable'
  | 'internal_error'
  /** The API does not know our secret. */
  | 'secret_refused'
  | `http_${number}`

/** Faults that no waiting mends: our secret, or a request that is kept from the API. A robot must not gain from them. */
const LASTING = /^(secret_refused|http_[34]\d\d)$/
const PASSING = /^http_(408|425|429)$/

export function isLasting(reason: TurnstileOutage): boolean {
  return LASTING.test(reason) && !PASSING.test(reason)
}

export interface TurnstileOptions {
  /** Of the widget. Empty: nobody is asked. */
  secret: string
  /** Another address than the API's own, without a slash at the end; only in dev and tests. */
  baseUrl: string
  /** For the whole of it, the body included. */
  timeoutMs?: number
  /** Called once for a verification without an answer. */
  onOutage(reason: TurnstileOutage): void
}

export interface TurnstileQuestion {
  token: string
  /** Of the client, as the edge says. */
  ip: string | null
  /** A UUID. The same one lets a token be verified again. */
  idempotencyKey: string
}

export interface Turnstile {
  /** Is anybody asked to prove that they are human? */
  isOn: boolean
  /** What the API says of a token. Only where `isOn`. Never rejects. */
  verify(
    question: TurnstileQuestion,
  ): Promise<'human' | 'refused' | 'unavailable' | 'misconfigured'>
}

/** Promises what `Turnstile` says. One request per call, no retry. */
export function createTurnstile(options: TurnstileOptions): Turnstile {
  const { secret, baseUrl, timeoutMs, onOutage } = options
  return {
    isOn: secret !== '',
    async verify({ token, ip, idempotencyKey }) {
      const body = JSON.stringify({
        secret,
        response: token,
        ...(ip !== null && { remoteip: ip }),
        idempotency_key: idempotencyKey,
      })
      const url = `${baseUrl || API_URL}/siteverify`
      const verdict = await ask(url, body, timeoutMs ?? TIMEOUT_MS)
      if (verdict === 'human' || verdict === 'refused') return verdict
      onOutage(verdict)
      return isLasting(verdict) ? 'misconfigured' : 'unavailable'
    },
  }
}

type Verdict = 'human' | 'refused' | TurnstileOutage

async function ask(url: string, body: string, timeoutMs: number): Promise<Verdict> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'User-Agent': 'gatehouse',
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    // The API words a refusal as 400 too: for a secret that it does not know, or a token that is no token at all.
    if (response.status !== 200 && response.status !== 400) {
      await response.body?.cancel()
      return `http_${response.status}`
    }
    const text = await readBoundedText(response, MAX_ANSWER_BYTES)
    return text === undefined ? 'too_large' : judge(response.status, text)
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return timedOut ? 'timeout' : 'network'
  }
}

/** Fails closed: whatever the API itself answers, nothing but `success: true` under a 200 is a yes. */
function judge(status: number, text: string): Verdict {
  const answer = parseObject(text)
  const named = answer?.['error-codes']
  const codes: unknown[] = Array.isArray(named) ? named : []
  // A 400 that names no reason is not the API's word: any proxy on the way may have written it.
  if (status === 400 && codes.length === 0) return 'http_400'
  if (answer === undefined) return 'unreadable'
  if (status === 200 && answer.success === true) return 'human'
  if (codes.includes('missing-input-secret') || codes.includes('invalid-input-secret')) {
    return 'secret_refused'
  }
  return codes.includes('internal-error') ? 'internal_error' : 'refused'
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : undefined
  } catch {
    return undefined
  }
}
