/**
 * One POST to a provider's HTTP API, or to whom alerts are told, with a time limit. Faults of the way (timeout, reset, DNS) and of the other side
 * (429, 5xx) are temporary; other refusals are final. Never follows a redirect: the API key would go along.
 */
import type { Clock } from '../../lib/clock.ts'
import { parseRetryAfter } from '../retry-delay.ts'
import type { SendResult } from './types.ts'

export const PROVIDER_TIMEOUT_MS = 10_000

const TEMPORARY_STATUSES = new Set([408, 425, 429])

export interface HttpProviderOptions {
  apiKey: string
  /** `Name <address>` or an address. */
  from: string
  /** Another base than the provider's own, without a slash at the end; only in dev and tests. */
  apiUrl?: string
  clock: Clock
  timeoutMs?: number
}

interface PostRequest<Body> {
  url: string
  headers: Record<string, string>
  body: Body
  clock: Clock
  timeoutMs?: number
}

export interface ProviderAnswer {
  status: number
  /** The JSON body, or an empty object where there is none that can be read. */
  body: Record<string, unknown>
  retryAfterSeconds?: number
}

type Failure = Extract<SendResult, { ok: false }>

/** The provider's answer, or a temporary failure where none came. */
export async function postJson(
  request: PostRequest<Record<string, unknown>>,
): Promise<ProviderAnswer | Failure> {
  return postText({ ...request, body: JSON.stringify(request.body) }, readObject)
}

/** The same with a JSON text that is sent as it is. What is answered is thrown away, however much it is. */
export async function postText(
  request: PostRequest<string>,
  readBody: (response: Response) => Promise<Record<string, unknown>> = dropBody,
): Promise<ProviderAnswer | Failure> {
  try {
    const response = await fetch(request.url, {
      method: 'POST',
      headers: {
        ...request.headers,
        Accept: 'application/json',
        'Content-Type': 'application/json',
      },
      body: request.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(request.timeoutMs ?? PROVIDER_TIMEOUT_MS),
    })
    return {
      status: response.status,
      body: await readBody(response),
      retryAfterSeconds: parseRetryAfter(response.headers.get('Retry-After'), request.clock()),
    }
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return { ok: false, retry: true, reason: timedOut ? 'timeout' : 'network' }
  }
}

/** The failure that an answer other than 2xx stands for. */
export function failureOf(answer: ProviderAnswer): Failure {
  const retry = TEMPORARY_STATUSES.has(answer.status) || answer.status >= 500
  return {
    ok: false,
    retry,
    reason: `http_${answer.status}`,
    ...(retry && { retryAfterSeconds: answer.retryAfterSeconds }),
  }
}

/** Once the status has arrived, a body that breaks off changes nothing: a 2xx has been accepted. */
async function readObject(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null ? { ...body } : {}
  } catch {
    return {}
  }
}

/** An unread body would hold its connection. */
async function dropBody(response: Response): Promise<Record<string, unknown>> {
  await response.body?.cancel().catch(() => undefined)
  return {}
}

/** A message id as it may be stored: a short text, else nothing. */
export function messageIdOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 200) : undefined
}
