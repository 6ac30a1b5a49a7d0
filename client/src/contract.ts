/**
 * The API's own types: what each route takes and gives, and every code it may refuse with. In the published package
 * this file is replaced by the same types written out, so that they need nothing of the Worker (scripts/client/contract.ts).
 */
import type { ExtractSchema } from 'hono/types'
import type { AppType } from '../../src/app.ts'

type Schema = ExtractSchema<AppType>

/** By path, then by method as hono's client spells it (`$get`). */
export type Contract = {
  [P in keyof Schema & `/api/v1/${string}`]: { [M in keyof Schema[P]]: Portable<Schema[P][M]> }
}

/** A file is a stream of the Worker's own kind: whoever asks gets the `Response`. An empty answer is that to a HEAD. */
type Portable<E> = E extends {
  input: infer I
  output: infer O
  outputFormat: infer F
  status: infer S
}
  ? F extends 'json'
    ? E
    : [O] extends [null]
      ? never
      : { input: I; output: unknown; outputFormat: F; status: S }
  : never

export type { ErrorCode } from '../../src/http/error-codes.ts'
