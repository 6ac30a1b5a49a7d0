import * as z from 'zod'
import { addressView } from '../../http/fields.ts'
import { pageFields, pageSchema } from '../../http/paging.ts'
import { say } from '../../messages/message.ts'
import { MAIL_STATES } from './repository.ts'

export const mailQuery = z.object({
  ...pageFields,
  state: z.enum(MAIL_STATES, { error: say('choose_one_of', MAIL_STATES.join(', ')) }).optional(),
})

export const mailParam = z.object({ id: z.string().describe('Id of the mail.') })

export const mailSchema = z.object({
  id: z.uuid(),
  state: z.enum(MAIL_STATES),
  template: z.string(),
  to: addressView.nullable().describe('Null where the account behind it was erased.'),
  locale: z.enum(['en', 'zh']),
  userId: z.uuid().nullable(),
  communityId: z.uuid().nullable(),
  attempts: z.number().int(),
  lastError: z
    .string()
    .nullable()
    .describe('A short class such as `http_422`, `timeout` or `gave_up`; or why it was dropped.'),
  wasDropped: z
    .boolean()
    .describe('It had lost its use: a link used, replaced or expired, a community gone.'),
  createdAt: z.iso.datetime(),
  nextAttemptAt: z.iso.datetime().nullable(),
  sentAt: z.iso.datetime().nullable(),
  failedAt: z.iso.datetime().nullable(),
})

export const mailsData = pageSchema(mailSchema)
export const mailData = z.object({ mail: mailSchema })
