import * as z from 'zod'
import { pageFields, pageSchema } from '../../http/paging.ts'
import { say } from '../../messages/message.ts'

export const sessionParam = z.object({ id: z.string().describe('Id of the session.') })

export const listQuery = z.object(pageFields)

const KEEP = say('keep_current')

export const endQuery = z.object({
  keepCurrent: z
    .enum(['true', 'false'], { error: KEEP })
    .transform((text) => text === 'true')
    .default(false),
})

export const sessionItemSchema = z.object({
  id: z.uuid(),
  current: z.boolean(),
  device: z.object({
    browser: z.string().nullable(),
    os: z.string().nullable(),
    type: z.enum(['desktop', 'mobile', 'tablet', 'bot']).nullable(),
  }),
  userAgent: z.string().nullable(),
  ip: z.string().nullable(),
  country: z.string().nullable(),
  city: z.string().nullable(),
  createdAt: z.iso.datetime(),
  lastActiveAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})

export const sessionsData = pageSchema(sessionItemSchema)

export const switchBody = z.object({ communityId: z.uuid({ error: say('community_id') }) })

export const switchedData = z.object({
  tokenType: z.literal('Bearer'),
  expiresIn: z.number().int(),
  accessToken: z.string().optional(),
  csrfToken: z.string().optional(),
})
