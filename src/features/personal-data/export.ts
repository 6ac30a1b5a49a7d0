/**
 * Everything that is stored of one person (GDPR art. 15 and 20), as one JSON answer that is written while it is read:
 * page by page, so that it costs the same memory however much there is. Never a hash, a key or what is others': where
 * somebody else acted, their address and device are theirs. A database that fails half-way breaks the transfer off; a
 * shorter document never looks like a whole one.
 */
import { type AuditContext, auditRow } from '../../audit.ts'
import type { Deps } from '../../deps.ts'
import { isoTime } from '../../http/envelope.ts'
import { ApiError } from '../../http/errors.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import {
  PAGE_ROWS,
  readEvents,
  readLinks,
  readMails,
  readSessions,
  selectMemberships,
  selectOwned,
  selectPerson,
} from './repository.ts'
import type { PersonalData } from './schemas.ts'
import {
  toAccount,
  toCommunity,
  toEvent,
  toLink,
  toMail,
  toMembership,
  toSession,
} from './views.ts'

/** After every id there is. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** What does not grow, and the lists that do, each as pages of entries. */
export interface Export {
  facts: Pick<PersonalData, 'account' | 'memberships' | 'communities' | 'devices'>
  lists: Record<'sessions' | 'links' | 'mails' | 'events', AsyncIterable<object[]>>
}

/** Books the export, then opens it. Throws `unavailable` where the account's guard does not answer. */
export async function exportPersonalData(
  { db, guard, lookup }: Pick<Deps, 'db' | 'guard' | 'lookup'>,
  { user, community }: AuthenticatedSession,
  audit: AuditContext,
): Promise<Export> {
  const { id: userId, email } = user
  const devices = await guard.knownDevices(email)
  const [persons, memberships, owned] = await db.batch([
    selectPerson(db, userId),
    selectMemberships(db, userId),
    selectOwned(db, userId),
    auditRow(db, 'account_exported', audit, { actorId: userId, userId, communityId: community.id }),
  ])
  const [person] = persons
  if (!person) throw new ApiError('session_ended')
  const mailsOf = { userId, addressKey: lookup.address(email) }
  return {
    facts: {
      account: toAccount(person),
      memberships: memberships.map(toMembership),
      communities: owned.map(toCommunity),
      devices: devices.map(({ id, lastUsedAt }) => ({ id, lastUsedAt: isoTime(lastUsedAt) })),
    },
    lists: {
      sessions: pages('', (after) => readSessions(db, userId, after), toSession),
      links: pages('', (after) => readLinks(db, { userId, email }, after), toLink),
      mails: pages('', (after) => readMails(db, mailsOf, after), toMail),
      events: pages(
        LAST_ID,
        (before) => readEvents(db, userId, before),
        (row) => toEvent(row, userId),
      ),
    },
  }
}

async function* pages<Row extends { id: string }>(
  start: string,
  read: (from: string) => Promise<Row[]>,
  view: (row: Row) => object,
): AsyncGenerator<object[]> {
  let rows: Row[]
  let from = start
  do {
    rows = await read(from)
    from = rows.at(-1)?.id ?? from
    yield rows.map(view)
  } while (rows.length === PAGE_ROWS)
}
