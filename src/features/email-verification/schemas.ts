import * as z from 'zod'
import { COMMUNITY_STATUSES } from '../../db/schema/index.ts'
import { emailField } from '../../http/fields.ts'
import { linkTokenField } from '../../http/link-token.ts'

export const verifyEmailBody = z.object({ token: linkTokenField })

export const verifyEmailData = z.object({
  communityId: z.uuid(),
  slug: z.string(),
  status: z.enum(COMMUNITY_STATUSES),
})

export const resendBody = z.object({ email: emailField('enter_email') })
