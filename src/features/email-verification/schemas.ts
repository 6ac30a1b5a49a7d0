import * as z from 'zod'
import { COMMUNITY_STATUSES } from '../../db/schema/index.ts'
import { emailField } from '../../http/fields.ts'

export const verifyEmailBody = z.object({
  token: z
    .string({ error: 'Send the token of the link.' })
    .trim()
    .min(1, 'Send the token of the link.')
    .max(512, 'This is not the token of a link.'),
})

export const verifyEmailData = z.object({
  communityId: z.uuid(),
  slug: z.string(),
  status: z.enum(COMMUNITY_STATUSES),
})

export const resendBody = z.object({ email: emailField('your email address') })
