/**
 * The outbox: rows written in the batch of the command they belong to, so that a commit without its mail cannot be.
 * After the commit the queue is told; should that fail, the sweeper finds the row. Rows hold ids, never a link.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { insertWhere } from '../db/insert-where.ts'
import { type MailTemplate, type OutboxPayload, outbox } from '../db/schema/index.ts'
import { errorFields } from '../log.ts'
import type { EventLog, OutboxQueue } from './mail-deps.ts'
import { messageFor } from './messages.ts'

export { findFullSince, MAILS_OF_A_KIND, underCapOfAll, underSendCaps } from './send-caps.ts'

/** Most messages that one sendBatch takes. */
export const QUEUE_BATCH_MAX = 100

type OutboxInsert = typeof outbox.$inferInsert
type OrSql<T> = T | SQL<NonNullable<T>>

interface Delivery {
  id: string
  email: OrSql<string>
  /** Keyed hash of the address; empty where no send cap counts the row. */
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
  payload?: OutboxPayload | null
  expiresAt?: OrSql<number | null>
}

/** Inserts a mail where `condition` holds; `from` gives the rows that SQL values name. */
export function outboxMail(db: Database, mail: NewMail, condition?: SQL, from?: SQL) {
  return insert(db, { ...mail, kind: 'mail', notBefore: mail.createdAt }, condition, from)
}

/** Inserts "this device joins the account's known ones". */
export function outboxGuardDevice(
  db: Database,
  delivery: Delivery & { deviceId: string },
  condition?: SQL,
  from?: SQL,
) {
  const { deviceId, ...row } = delivery
  return insertForGuard(
    db,
    { ...row, kind: 'guard_device', payload: { deviceId } },
    condition,
    from,
  )
}

/** Inserts "post this event of an alert to the webhook". */
export function outboxWebhook(
  db: Database,
  row: Pick<Delivery, 'id' | 'requestId' | 'createdAt'> & {
    payload: Required<Pick<OutboxPayload, 'alertId' | 'event' | 'count'>>
  },
) {
  return insert(db, {
    ...row,
    kind: 'webhook',
    email: '',
    addressKey: '',
    notBefore: row.createdAt,
  })
}

/**
 * Inserts "the account's failures up to the moment `before` (ms UTC) are forgotten". With `forgetDevices`, its codes
 * and devices up to then too, but for `keepDevice`, which is known from then on.
 */
export function outboxGuardClear(
  db: Database,
  delivery: Delivery & { before: number; forgetDevices?: boolean; keepDevice?: string },
  condition?: SQL,
  from?: SQL,
) {
  const { before, forgetDevices, keepDevice: deviceId, ...row } = delivery
  const payload = forgetDevices ? { before, forgetDevices, deviceId } : { before }
  return insertForGuard(db, { ...row, kind: 'guard_clear', payload }, condition, from)
}

/** Inserts "this device, or every one where none is named, is forgotten if last used up to `before` (ms UTC)". */
export function outboxGuardForget(
  db: Database,
  delivery: Delivery & { before: number; deviceId?: string },
  condition?: SQL,
  from?: SQL,
) {
  const { before, deviceId, ...row } = delivery
  const payload = { before, deviceId }
  return insertForGuard(db, { ...row, kind: 'guard_forget', payload }, condition, from)
}

function insertForGuard(
  db: Database,
  row: Delivery & Pick<OutboxInsert, 'kind' | 'payload'>,
  condition?: SQL,
  from?: SQL,
) {
  return insert(db, { ...row, notBefore: row.createdAt }, condition, from)
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
