/**
 * What was mailed, and once more what gave up. One batch behind its audit row, which is written only where the mail has
 * failed at that very moment: of any number at once one sends it again.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere, newMark } from '../../audit.ts'
import { outbox } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import { type MailRow, mayBeRetried, queueAgain, retryDetails, selectMail } from './repository.ts'

export { listMails, type MailRow } from './repository.ts'

/**
 * Queues a mail that has failed once more, with all its attempts. The provider gets a new idempotency key: under the old
 * one it may only repeat its refusal. Throws not_found, or invalid_transition where the mail has not failed its link
 * or code has expired, or its recipient has been erased.
 */
export async function retryMail(
  deps: Pick<Deps, 'db' | 'announceOutbox'>,
  who: AuthenticatedSession,
  id: string,
  audit: AuditContext,
): Promise<MailRow> {
  const { db } = deps
  const { now } = audit
  const may = stillMay(who, 'mail.edit', now)
  const mark = newMark(audit)
  const [asked, marked, , [mail]] = await db.batch([
    selectStanding(db, who, may, now),
    auditRowWhere(db, 'email_retried', audit, {
      id: mark.id,
      actorId: who.user.id,
      userId: sql<string>`${outbox.userId}`,
      communityId: sql<string>`${outbox.communityId}`,
      details: retryDetails,
      condition: sql`${mayBeRetried(id, now)} and ${may}`,
      from: sql`${outbox}`,
    }),
    queueAgain(db, id, now, mark.isMade),
    selectMail(db, id),
  ])
  if (marked.meta.changes > 0 && mail) {
    deps.announceOutbox([id])
    return mail
  }
  if (!asked[0]?.may) throw lostStanding(asked[0])
  if (!mail) throw new ApiError('not_found', { message: say('no_such_mail') })
  throw new ApiError('invalid_transition', { message: say(whyNot(mail)) })
}

function whyNot({ failedAt, email }: MailRow) {
  if (failedAt === null) return 'mail_not_failed'
  return email === '' ? 'mail_to_nobody' : 'mail_expired'
}
