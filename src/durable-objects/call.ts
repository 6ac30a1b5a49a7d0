/**
 * A call to a Durable Object that guards something. It fails closed: an object that throws, is overloaded or does not
 * answer in time makes the route answer 503, never "allowed".
 */
import type { Costs } from '../costs.ts'
import { ApiError } from '../http/errors.ts'

export interface ObjectCalls {
  costs: Costs
  /** Told of each call that failed. Must not throw. */
  onFailure?(): void
}

/** Awaits `call` for at most `timeoutMs`. Throws ApiError `unavailable` when it fails or takes longer. */
export async function callObject<T>(
  { costs, onFailure }: ObjectCalls,
  timeoutMs: number,
  call: () => Promise<T>,
): Promise<T> {
  costs.objectCalls += 1
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('durable object did not answer')), timeoutMs)
  })
  try {
    return await Promise.race([call(), timeout])
  } catch (cause) {
    onFailure?.()
    throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'durable_object', cause })
  } finally {
    clearTimeout(timer)
  }
}
