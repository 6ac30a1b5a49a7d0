import type * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { toPage } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { isDropReason } from '../../mail/compose-secrets.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { mailData, mailParam, mailQuery, type mailSchema, mailsData } from './schemas.ts'
import { listMails, type MailRow, retryMail } from './service.ts'

export const adminMailRoutes = factory
  .createApp()
  .get(
    '/admin/mail',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'What was mailed, or waits, or has failed',
        description: 'Newest first, of one state or of all; never what a mail says or links to.',
        success: { status: 200, data: mailsData },
        authenticated: true,
        errors: ['forbidden', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('mail.edit'),
    validate('query', mailQuery),
    async (c) => {
      const query = c.req.valid('query')
      const rows = await listMails(c.get('deps').db, query)
      return c.json(ok(c, say('mails'), toPage(rows, query, toMail)), 200)
    },
  )
  .post(
    '/admin/mail/:id/retry',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Send a mail again that has failed',
        description:
          'With as many attempts as a new one. 409 `invalid_transition` where it has not failed, or its link or code has expired. What has lost its use otherwise is dropped again. Takes no body.',
        success: { status: 200, data: mailData },
        authenticated: true,
        errors: ['csrf_failed', 'forbidden', 'not_found', 'invalid_transition', 'rate_limited'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('mail.edit'),
    validate('param', mailParam),
    async (c) => {
      const { id } = c.req.valid('param')
      const mail = await retryMail(c.get('deps'), c.get('auth'), id, auditContext(c))
      return c.json(ok(c, say('mail_retried'), { mail: toMail(mail) }), 200)
    },
  )

function toMail(row: MailRow): z.infer<typeof mailSchema> {
  const { sentAt, failedAt, lastError } = row
  const isQueued = sentAt === null && failedAt === null
  return {
    id: row.id,
    state: sentAt !== null ? 'sent' : isQueued ? 'queued' : 'failed',
    template: row.template ?? '',
    to: row.email || null,
    locale: row.locale,
    userId: row.userId,
    communityId: row.communityId,
    attempts: row.attempts,
    lastError,
    wasDropped: failedAt !== null && isDropReason(lastError),
    createdAt: isoTime(row.createdAt),
    nextAttemptAt: isQueued ? isoTime(row.notBefore) : null,
    sentAt: sentAt === null ? null : isoTime(sentAt),
    failedAt: failedAt === null ? null : isoTime(failedAt),
  }
}
