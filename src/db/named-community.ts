import { eq, type SQL } from 'drizzle-orm'
import { isUuid } from '../lib/ids.ts'
import { communities } from './schema/index.ts'

/** SQL over a row of `communities`: it is the one of this id or slug. A slug never looks like an id. */
export function isNamed(idOrSlug: string): SQL {
  return isUuid(idOrSlug) ? eq(communities.id, idOrSlug) : eq(communities.slug, idOrSlug)
}
