/** What the outbox still says of somebody who is to be forgotten. Statements for a batch. */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { outbox } from '../db/schema/index.ts'
import { isUnfinished } from './consumer-rows.ts'

interface Addressee {
  userId: string
  /** Keyed hash of the address. */
  addressKey: string
}

/** SQL over a row of `outbox`: it was written to this person. Each half is read by its own index. */
export function isMailTo({ userId, addressKey }: Addressee): SQL {
  return sql`${outbox.id} in (select id from outbox where user_id = ${userId}
    union all select id from outbox where address_key = ${addressKey})`
}

/**
 * What waits is not sent any more, and each row keeps its ids alone. None is deleted: the numbers may have to count it
 * yet. `now` in ms UTC.
 */
export function forgetMails(db: Database, addressee: Addressee, now: number) {
  const isTheirs = isMailTo(addressee)
  return [
    db
      .update(outbox)
      .set({ failedAt: now, lastError: 'erased', claimedUntil: null })
      .where(sql`${isTheirs} and ${isUnfinished}`),
    db.update(outbox).set({ email: '', payload: null }).where(isTheirs),
  ] as const
}
