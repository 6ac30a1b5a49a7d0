/**
 * The dry run: judges records as `writeBatch` would and writes nothing. What the file itself would have made by then
 * counts too; for that it keeps the names of the file's communities, not its people.
 */
import type { Database, Statement } from '../../src/db/client.ts'
import { groupRecords } from './groups.ts'
import { type Holder, judgeCommunity, judgeUser, type Outcome, type Standing } from './judge.ts'
import type { CommunityRecord, ImportRecord, UserRecord } from './parse-line.ts'
import { selectHolders, selectStanding, toUserRows } from './statements.ts'

/** What the lines so far would have made. */
export interface Plan {
  byName: Map<string, Holder>
  byEmail: Map<string, Holder>
  byDomain: Map<string, Holder>
  bySlug: Map<string, Holder>
  /** Name keys of communities that would have an owner. */
  owned: Set<string>
}

export function emptyPlan(): Plan {
  return {
    byName: new Map(),
    byEmail: new Map(),
    byDomain: new Map(),
    bySlug: new Map(),
    owned: new Set(),
  }
}

/** What would become of each record, in their order. Adds to the plan. One round trip, which only reads. */
export async function planBatch(
  db: Database,
  records: readonly ImportRecord[],
  now: number,
  plan: Plan,
): Promise<Outcome[]> {
  const groups = groupRecords(records)
  const [first, ...others] = groups.map(
    (group): Statement =>
      group.type === 'community'
        ? selectHolders(db, group.record)
        : selectStanding(db, toUserRows(group.records, now), now),
  )
  const results: readonly unknown[] = first ? await db.batch([first, ...others]) : []
  return groups.flatMap((group, index) => {
    if (group.type === 'community') {
      return [planCommunity(group.record, results[index] as Holder[], plan)]
    }
    const standings = results[index] as Awaited<ReturnType<typeof selectStanding>>
    return group.records.map((record, place) => planUser(record, standings[place], plan))
  })
}

function planCommunity(record: CommunityRecord, holders: readonly Holder[], plan: Plan): Outcome {
  const planned = [
    plan.byName.get(record.nameKey),
    plan.byEmail.get(record.officialEmail),
    plan.byDomain.get(record.domain ?? ''),
    plan.bySlug.get(record.isSlugFixed ? record.slugBase : ''),
  ].filter((holder) => holder !== undefined)
  const outcome = judgeCommunity(record, [...holders, ...planned])
  if (outcome) return outcome
  const { nameKey, officialEmail, domain, status } = record
  const slug = record.isSlugFixed ? record.slugBase : ''
  const holder = { nameKey, officialEmail, domain, slug, status, isDeleted: false }
  plan.byName.set(nameKey, holder)
  plan.byEmail.set(officialEmail, holder)
  if (domain !== null) plan.byDomain.set(domain, holder)
  if (slug !== '') plan.bySlug.set(slug, holder)
  return { result: 'made', what: 'community' }
}

function planUser(
  record: UserRecord,
  stands: (Standing & { nameKey: string | null }) | undefined,
  plan: Plan,
): Outcome {
  if (!stands) throw new Error('a line without an answer')
  const planned =
    plan.byName.get(record.nameKey ?? '') ?? plan.byEmail.get(record.officialEmail ?? '')
  const nameKey = stands.nameKey ?? planned?.nameKey ?? ''
  const hasOwner = stands.hasOwner || plan.owned.has(nameKey)
  const status = stands.status ?? planned?.status ?? null
  const outcome = judgeUser(record, { ...stands, status, hasOwner })
  if (outcome) return outcome
  if (record.role === 'CommunityOwner') plan.owned.add(nameKey)
  return { result: 'made', what: stands.userId === null ? 'account' : 'membership' }
}
