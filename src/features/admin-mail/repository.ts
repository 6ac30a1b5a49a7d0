/**
 * Mails of the outbox as admins look through them, each state by an index of its own. What a mail carries, and the token
 * that its link is made of, are never read.
 */
import { and, desc, eq, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { isFailedMail, isQueuedMail, isSentMail, outbox } from '../../db/schema/index.ts'
import type { Page } from '../../http/paging.ts'

export const MAIL_STATES = ['queued', 'sent', 'failed'] as const

export type MailState = (typeof MAIL_STATES)[number]

const IN_STATE: Record<MailState, SQL> = {
  queued: isQueuedMail,
  sent: isSentMail,
  failed: isFailedMail,
}

/** Sorts behind every id. */
const LAST = '\x7f'

export type MailRow = Awaited<ReturnType<typeof listMails>>[number]

/** Newest first; one more than the page holds where there are more. Of each state no more is read than the page may show. */
export function listMails(
  db: Database,
  { state, limit, cursor = LAST }: Page & { state?: MailState | undefined },
) {
  const newestOf = (one: MailState) => sql`select id from (select ${outbox.id} from ${outbox}
    where ${IN_STATE[one]} and ${outbox.id} < ${cursor} order by ${outbox.id} desc limit ${limit + 1})`
  const states = state === undefined ? MAIL_STATES : [state]
  const ids = sql.join(states.map(newestOf), sql` union all `)
  return selectMails(db)
    .where(sql`${outbox.id} in (${ids})`)
    .orderBy(desc(outbox.id))
    .limit(limit + 1)
}

/** One mail, in a batch or alone; no row for what is none. */
export function selectMail(db: Database, id: string) {
  return selectMails(db).where(and(eq(outbox.id, id), eq(outbox.kind, 'mail')))
}

function selectMails(db: Database) {
  const { id, template, email, locale, userId, communityId, attempts, lastError } = outbox
  const { createdAt, expiresAt, notBefore, sentAt, failedAt } = outbox
  return db
    .select({
      ...{ id, template, email, locale, userId, communityId, attempts, lastError },
      ...{ createdAt, expiresAt, notBefore, sentAt, failedAt },
    })
    .from(outbox)
    .$dynamic()
}

/** SQL over a row of `outbox`: this mail has failed, what it carries may still be of use, and its recipient has not been erased. */
export function mayBeRetried(id: string, now: number): SQL {
  return sql`${outbox.id} = ${id} and ${isFailedMail}
    and ${outbox.email} <> '' and (${outbox.expiresAt} is null or ${outbox.expiresAt} > ${now})`
}

/** For the audit log, over a row of `outbox`. */
export const retryDetails = sql<string>`json_object('mailId', ${outbox.id}, 'template', ${outbox.template},
  'before', json_object('state', 'failed', 'attempts', ${outbox.attempts}, 'lastError', ${outbox.lastError}),
  'after', json_object('state', 'queued', 'attempts', 0))`

/** Queues the mail anew. What the send caps count by stays; what giving up counts from begins now. */
export function queueAgain(db: Database, id: string, now: number, condition: SQL) {
  return db
    .update(outbox)
    .set({
      failedAt: null,
      lastError: null,
      attempts: 0,
      notBefore: now,
      claimedUntil: null,
      payload: sql`json_set(coalesce(${outbox.payload}, '{}'), '$.retriedAt', ${now})`,
    })
    .where(and(eq(outbox.id, id), condition))
}
