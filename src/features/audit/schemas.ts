import * as z from 'zod'
import { AUDIT_ACTIONS } from '../../db/schema/index.ts'
import { pageFields, pageSchema } from '../../http/paging.ts'
import { isUuid } from '../../lib/ids.ts'
import { say } from '../../messages/message.ts'

const ID = say('id_unusable')
const MOMENT = say('moment_unusable')

const idField = z
  .string({ error: ID })
  .transform((text) => text.toLowerCase())
  .refine(isUuid, ID)
  .optional()

const ISO_MOMENT =
  /^(\d{4}-\d\d-\d\d)(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-][01]\d:[0-5]\d))?$/

/** Comes out as ms UTC. A day alone is its beginning in UTC; a `+` that an address bar has made a space is one again. */
const momentField = z
  .string({ error: MOMENT })
  .transform((text, context) => {
    const [moment, day = ''] = ISO_MOMENT.exec(text.replace(' ', '+')) ?? []
    // The engine takes the thirtieth of February for one in March.
    const isDay = moment !== undefined && toIso(day)?.startsWith(day) === true
    if (isDay) return Math.max(0, Date.parse(moment))
    context.addIssue(MOMENT)
    return z.NEVER
  })
  .meta({ format: 'date-time' })
  .optional()

function toIso(day: string): string | undefined {
  const moment = new Date(day)
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString()
}

export const auditQuery = z
  .object({
    ...pageFields,
    action: z
      .enum(AUDIT_ACTIONS, { error: say('choose_one_of', AUDIT_ACTIONS.join(', ')) })
      .optional(),
    actorId: idField.describe('Who did it.'),
    userId: idField.describe('Whom it concerns.'),
    communityId: idField,
    from: momentField.describe('Not before this moment.'),
    to: momentField.describe('Before this moment.'),
  })
  .refine(({ from = 0, to = Number.POSITIVE_INFINITY }) => from < to, {
    path: ['to'],
    error: say('range_empty'),
  })

export const auditItemSchema = z.object({
  id: z.uuid(),
  action: z.string().describe('An audit action.'),
  actor: z
    .object({ id: z.uuid(), fullName: z.string().nullable() })
    .nullable()
    .describe('Nobody where the service did it, or a person without an account.'),
  userId: z.uuid().nullable(),
  communityId: z.uuid().nullable(),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  requestId: z.string().nullable(),
  details: z.record(z.string(), z.unknown()).nullable(),
  at: z.iso.datetime(),
})

export type AuditItem = z.infer<typeof auditItemSchema>

export const auditLogData = pageSchema(auditItemSchema)
