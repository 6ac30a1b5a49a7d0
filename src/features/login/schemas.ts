import * as z from 'zod'
import { TOKEN_TRANSPORTS } from '../../db/schema/index.ts'
import { currentPasswordField, emailField } from '../../http/fields.ts'
import { tokenFields } from '../sessions/tokens.ts'
import { communityViewSchema, sessionViewSchema, userViewSchema } from '../sessions/views.ts'

export const loginBody = z.object({
  email: emailField('your email address'),
  password: currentPasswordField(),
  tokenTransport: z
    .enum(TOKEN_TRANSPORTS, { error: 'Use "hybrid", "body" or "cookie".' })
    .default('hybrid'),
  deviceToken: z
    .string({ error: 'Send the device token as text.' })
    .max(200, 'This is not a device token.')
    .nullish(),
})

export const loginData = z.object({
  user: userViewSchema,
  community: communityViewSchema,
  session: sessionViewSchema,
  ...tokenFields,
  deviceToken: z.string().optional(),
})
