/**
 * What must end after a database was restored to an earlier moment: sessions that had ended since then live again, links
 * that were used work again, mails that went out wait again. Bounded batches; run twice, the second finds nothing.
 */
import { type SQL, sql } from 'drizzle-orm'
import { auditRowWhere } from '../src/audit.ts'
import type { Database } from '../src/db/client.ts'
import { oneTimeTokens, outbox, sessions, users } from '../src/db/schema/index.ts'
import { newId } from '../src/lib/ids.ts'

/** Rows of one batch: D1 gives a batch 30 seconds. */
const ROWS = 5000

export interface Ended {
  sessions: number
  links: number
  mails: number
  passwords: number
}

export interface Ending {
  /** ms UTC. */
  now: number
  /** Also takes every password away: whoever broke in may have known old ones. */
  endsPasswords: boolean
  /** Told after each batch. */
  onProgress?: (ended: Ended) => void
}

/** Ends it all, and puts on record that it did. Gives how many of each ended. */
export async function endWhatCameBack(db: Database, ending: Ending): Promise<Ended> {
  const ended: Ended = { sessions: 0, links: 0, mails: 0, passwords: 0 }
  for (;;) {
    const changes = await endSome(db, ending)
    for (const [kind, count] of Object.entries(changes)) ended[kind as keyof Ended] += count
    ending.onProgress?.({ ...ended })
    if (Object.values(changes).every((count) => count === 0)) return ended
  }
}

async function endSome(db: Database, { now, endsPasswords }: Ending): Promise<Ended> {
  const some = (from: SQL) => sql`id in (select id from ${from} limit ${ROWS})`
  const context = { now, requestId: newId(now), client: { ip: null, userAgent: null } }
  const [endedSessions, , links, mails, passwords] = await db.batch([
    db
      .update(sessions)
      .set({ revokedAt: now, revokeReason: 'restored' })
      .where(some(sql`sessions where revoked_at is null`)),
    auditRowWhere(db, 'session_revoked', context, {
      details: sql<string>`json_object('reason', 'restored', 'ended', changes())`,
      condition: sql`changes() > 0`,
    }),
    db
      .update(oneTimeTokens)
      .set({ expiresAt: now })
      .where(some(sql`one_time_tokens where expires_at > ${now} and used_at is null`)),
    db
      .update(outbox)
      .set({ failedAt: now, claimedUntil: null, lastError: 'restored' })
      .where(
        some(
          sql`outbox where sent_at is null and failed_at is null and kind in ('mail','webhook')`,
        ),
      ),
    db
      .update(users)
      .set({ passwordHash: null })
      .where(
        some(
          sql`users where password_hash is not null and ${endsPasswords ? sql`true` : sql`false`}`,
        ),
      ),
  ])
  return {
    sessions: endedSessions.meta.changes,
    links: links.meta.changes,
    mails: mails.meta.changes,
    passwords: passwords.meta.changes,
  }
}
