/**
 * Which records of a batch one statement may write: people who follow one another, as rows of one parameter. A community
 * goes by itself, because its slug depends on the one before. No I/O.
 */
import type { CommunityRecord, ImportRecord, UserRecord } from './parse-line.ts'

export type Group =
  | { type: 'community'; record: CommunityRecord }
  | { type: 'users'; records: UserRecord[] }

/** The records in their order. Two owners that may be of one community never share a group: the second must see the first. */
export function groupRecords(records: readonly ImportRecord[]): Group[] {
  const groups: Group[] = []
  for (const record of records) {
    const last = groups.at(-1)
    if (record.type === 'community') groups.push({ type: 'community', record })
    else if (last?.type === 'users' && !mayShareOwner(last.records, record))
      last.records.push(record)
    else groups.push({ type: 'users', records: [record] })
  }
  return groups
}

/** Named in the same way, they are of one community where the names are the same; else nobody knows. */
function mayShareOwner(records: readonly UserRecord[], record: UserRecord): boolean {
  if (record.role !== 'CommunityOwner') return false
  const { nameKey, officialEmail } = record
  return records.some(
    (other) =>
      other.role === 'CommunityOwner' &&
      ((nameKey === null) !== (other.nameKey === null) ||
        (other.nameKey === nameKey && other.officialEmail === officialEmail)),
  )
}
