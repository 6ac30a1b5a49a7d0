/**
 * The outbox: rows written in the batch of the command they belong to, so that a commit without its mail cannot be.
 * After the commit the queue is told; should that fail, the sweeper finds the row. Rows hold ids, never a link.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { insertWhere } from '../db/insert-where.ts'
import { type MailTemplate, outbox } from '../db/schema/index.ts'
import { errorFields } from '../log.ts'
import type { EventLog, OutboxQueue } from './mail-deps.ts'
import { messageFor } from './messages.ts'

export { underSendCaps } from './send-caps.ts'

/** Most messages that one sendBatch takes. */
export const QUEUE_BATCH_MAX = 100

type OutboxInsert = typeof outbox.$inferInsert
type OrSql<T> = T | SQL<NonNullable<T>>

interface Delivery {
  id: string
  email: string
  /** Keyed hash of the address. */
  addressKey: string
  requestId?: string | null
  /** ms UTC. */
  createdAt: number
}

export interface NewMail extends Delivery {
  template: MailTemplate | SQL<MailTemplate>
  locale: OrSql<'en' | 'zh'>
  /** Counts for the send caps; STRANGERS_LANE where left out. */
  lane?: string
  /** Token whose link the mail carries. */
  tokenId?: OrSql<string | null>
  userId?: OrSql<string | null>
  communityId?: OrSql<string | null>
  /** The reviewer's reason. */
  reason?: string
  expiresAt?: number | null
}

/** Inserts a mail where `condition` holds; `from` gives the rows that SQL values name. */
export function outboxMail(db: Database, mail: NewMail, condition?: SQL, from?: SQL) {
  const { reason, ...row } = mail
  const payload = reason === undefined ? null : { reason }
  return insert(db, { ...row, kind: 'mail', payload, notBefore: mail.createdAt }, condition, from)
}

/** Inserts "this device joins the account's known ones". */
export function outboxGuardDevice(
  db: Database,
  delivery: Delivery & { deviceId: string },
  condition?: SQL,
) {
  const { deviceId, ...row } = delivery
  const payload = { deviceId }
  return insert(db, { ...row, kind: 'guard_device', payload, notBefore: row.createdAt }, condition)
}

/** Inserts "the account's failures up to the moment `before` (ms UTC) are forgotten". */
export function outboxGuardClear(
  db: Database,
  delivery: Delivery & { before: number },
  condition?: SQL,
) {
  const { before, ...row } = delivery
  const payload = { before }
  return insert(db, { ...row, kind: 'guard_clear', payload, notBefore: row.createdAt }, condition)
}

/**
 * Which mail a signup sends, decided inside the insert: whether the address has an account changes neither the
 * statements nor what they cost.
 */
export function signupTemplate(email: string): SQL<MailTemplate> {
  return sql<MailTemplate>`case when exists (select 1 from users u where u.email = ${email}
    and u.email_verified_at is not null) then 'signup_existing_account' else 'signup_confirmation' end`
}

/** Tells the queue which rows wait. Meant for waitUntil: never fails, for the sweeper finds what the queue did not take. */
export async function announce(
  queue: OutboxQueue,
  ids: readonly string[],
  log: Pick<EventLog, 'warn'>,
): Promise<void> {
  try {
    for (let start = 0; start < ids.length; start += QUEUE_BATCH_MAX) {
      const chunk = ids.slice(start, start + QUEUE_BATCH_MAX)
      await queue.sendBatch(chunk.map((id) => ({ body: messageFor(id) })))
    }
  } catch (error) {
    log.warn('outbox_announce_failed', { count: ids.length, ...errorFields(error) })
  }
}

function insert(
  db: Database,
  row: { [K in keyof OutboxInsert]: OutboxInsert[K] | SQL },
  condition?: SQL,
  from?: SQL,
) {
  return insertWhere(db, outbox, row, condition, from)
}
