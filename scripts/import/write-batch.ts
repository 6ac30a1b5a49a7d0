/**
 * Writes records, all of them in one D1 batch: together or not at all. Should a constraint refuse the batch, each goes by
 * itself, so that one bad line refuses one line.
 */
import type { AuditContext } from '../../src/audit.ts'
import { type Database, isConstraintError, type Statement } from '../../src/db/client.ts'
import { newId } from '../../src/lib/ids.ts'
import { type Group, groupRecords } from './groups.ts'
import { ALREADY_THERE, judgeCommunity, judgeUser, type Outcome, refused } from './judge.ts'
import type { CommunityRecord, ImportRecord, UserRecord } from './parse-line.ts'
import {
  communityWrites,
  selectHolders,
  selectStanding,
  toUserRows,
  userWrites,
} from './statements.ts'

/** The statements of a group, and what their results say of each record. */
interface Task {
  statements: readonly Statement[]
  read(results: readonly unknown[]): Outcome[]
}

/** What became of each record, in their order. `now` in ms UTC. Throws where the database fails. */
export async function writeBatch(
  db: Database,
  records: readonly ImportRecord[],
  now: number,
): Promise<Outcome[]> {
  if (records.length === 0) return []
  const audit: AuditContext = { now, requestId: newId(now), client: { ip: null, userAgent: null } }
  const tasks = groupRecords(records).map((group) => taskOf(db, group, audit))
  try {
    return readAll(tasks, await runTogether(db, tasks))
  } catch (error) {
    if (!isConstraintError(error)) throw error
    if (records.length === 1) return [refused('The database does not take this line.')]
    const outcomes: Outcome[] = []
    for (const record of records) outcomes.push(...(await writeBatch(db, [record], now)))
    return outcomes
  }
}

function taskOf(db: Database, group: Group, audit: AuditContext): Task {
  switch (group.type) {
    case 'community':
      return communityTask(db, group.record, audit)
    case 'users':
      return usersTask(db, group.records, audit)
    default:
      return group satisfies never
  }
}

function communityTask(db: Database, record: CommunityRecord, audit: AuditContext): Task {
  const [insert, ...others] = communityWrites(db, record, audit)
  const holders = selectHolders(db, record)
  return {
    statements: [insert, ...others, holders],
    read: (results) => {
      const made = results[0] as Awaited<typeof insert>
      if (made.length > 0) return [{ result: 'made', what: 'community' }]
      return [judgeCommunity(record, results.at(-1) as Awaited<typeof holders>) ?? ALREADY_THERE]
    },
  }
}

function usersTask(db: Database, records: readonly UserRecord[], audit: AuditContext): Task {
  const rows = toUserRows(records, audit.now)
  const [insert, created, join] = userWrites(db, rows, audit)
  const standing = selectStanding(db, rows, audit.now)
  return {
    statements: [insert, created, join, standing],
    read: (results) => {
      const accounts = new Set((results[0] as Awaited<typeof insert>).map(({ id }) => id))
      const joined = new Set(
        (results[2] as Awaited<typeof join>).map((made) => `${made.userId} ${made.communityId}`),
      )
      return (results[3] as Awaited<typeof standing>).map((stands, index): Outcome => {
        const row = rows[index]
        if (!row) throw new Error('more answers than lines')
        // The first of several lines that say the same has made it.
        if (!joined.delete(`${stands.userId} ${stands.communityId}`)) {
          return judgeUser(row, stands) ?? ALREADY_THERE
        }
        return { result: 'made', what: accounts.has(row.id) ? 'account' : 'membership' }
      })
    },
  }
}

async function runTogether(db: Database, tasks: readonly Task[]): Promise<readonly unknown[]> {
  const [first, ...others] = tasks.flatMap(({ statements }) => statements)
  return first ? await db.batch([first, ...others]) : []
}

function readAll(tasks: readonly Task[], results: readonly unknown[]): Outcome[] {
  let start = 0
  return tasks.flatMap(({ statements, read }) => {
    const own = results.slice(start, start + statements.length)
    start += statements.length
    return read(own)
  })
}
