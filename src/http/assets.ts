/** Static files that are deployed beside the Worker (public/). Only it is asked for them: none has an address of its own. */

import { UNAVAILABLE_RETRY_SECONDS } from './error-codes.ts'
import { ApiError } from './errors.ts'

const TIMEOUT_MS = 3000

export interface Assets {
  /** The file at this path of the folder. Throws 503 where it is not there or cannot be read in time. */
  read(path: string): Promise<ReadableStream>
}

export function createAssets(binding: Fetcher): Assets {
  return {
    async read(path) {
      // The binding looks at the path alone.
      const answer = await binding
        .fetch(`https://assets.invalid${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
        .catch((cause: unknown) => fail(cause))
      const { status, body } = answer
      return status === 200 && body ? body : fail(new Error(`${path}: ${status}`))
    },
  }
}

function fail(cause: unknown): never {
  const retryAfterSeconds = UNAVAILABLE_RETRY_SECONDS
  throw new ApiError('unavailable', { cause, reason: 'assets', retryAfterSeconds })
}
