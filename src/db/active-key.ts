import { inArray, type SQL } from 'drizzle-orm'
import { oneTimeTokens } from './schema/index.ts'

/**
 * SQL over a row of `one_time_tokens`: the secret that its link is derived with is still active. A secret that leaked
 * and was taken out opens nothing any more, whoever can derive the link.
 */
export function hasActiveKey(keys: { versions: readonly number[] }): SQL {
  return inArray(oneTimeTokens.keyVersion, [...keys.versions])
}
