/**
 * What becomes of a record, from the facts that the database told in the same transaction. The same rules answer the
 * dry run. No I/O. A reason names fields, never their values.
 */
import type { CommunityStatus } from '../../src/db/schema/index.ts'
import type { CommunityRecord, UserRecord } from './parse-line.ts'

export type Outcome =
  | { result: 'made'; what: 'community' | 'account' | 'membership' }
  | { result: 'already_there' }
  | { result: 'refused'; reason: string }

/** A community that has the record's name, official address, domain or slug. */
export interface Holder {
  nameKey: string
  officialEmail: string | null
  domain: string | null
  slug: string
  status: CommunityStatus
  isDeleted: boolean
}

/** How the record's community and address stand. */
export interface Standing {
  /** Null where there is no such community. */
  status: CommunityStatus | null
  isMember: boolean
  /** Somebody owns the community. */
  hasOwner: boolean
  /** The account of the address; null where it has none. */
  userId: string | null
  isAdmin: boolean
  /** The address was left a while ago and can be taken back. */
  isReserved: boolean
}

export const ALREADY_THERE: Outcome = { result: 'already_there' }
/** Communities that people may be imported into. A signup under review is not one: its owner has not been looked at. */
export const OPEN_STATUSES: readonly CommunityStatus[] = ['approved', 'active', 'suspended']

/** Undefined where nothing stands in the way. */
export function judgeCommunity(
  record: CommunityRecord,
  holders: readonly Holder[],
): Outcome | undefined {
  const { nameKey, officialEmail, domain, isSlugFixed } = record
  const hasName = (holder: Holder) => holder.nameKey === nameKey
  const hasEmail = (holder: Holder) => holder.officialEmail === officialEmail
  const same = holders.find((holder) => hasName(holder) && hasEmail(holder))
  if (same) return judgeSame(same)
  if (holders.some(hasName)) return refused('name: A community with this name exists already.')
  if (holders.some(hasEmail)) {
    return refused('officialEmail: A community with this official address exists already.')
  }
  if (domain !== null && holders.some((holder) => holder.domain === domain)) {
    return refused('website: A community with a website on this domain exists already.')
  }
  if (isSlugFixed && holders.some((holder) => holder.slug === record.slugBase)) {
    return refused('slug: Another community has this slug.')
  }
  return undefined
}

function judgeSame({ status, isDeleted }: Holder): Outcome {
  if (isDeleted) return refused('name: This community was deleted.')
  if (OPEN_STATUSES.includes(status)) return ALREADY_THERE
  return refused(`name: This community has signed up itself, and its status is ${status}.`)
}

/** Undefined where nothing stands in the way. */
export function judgeUser(record: UserRecord, standing: Standing): Outcome | undefined {
  const { status } = standing
  if (status === null) return refused('community: There is no such community.')
  if (!OPEN_STATUSES.includes(status)) {
    return refused(`community: Its status is ${status}; it must be approved first.`)
  }
  if (standing.isMember) return ALREADY_THERE
  if (standing.isAdmin) return refused('email: This address belongs to an admin.')
  if (standing.userId === null && standing.isReserved) {
    return refused('email: Somebody left this address a few days ago and can still take it back.')
  }
  if (record.role === 'CommunityOwner' && standing.hasOwner) {
    return refused('role: This community has an owner already.')
  }
  return undefined
}

export function refused(reason: string): Outcome {
  return { result: 'refused', reason }
}
