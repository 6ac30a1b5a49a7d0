import * as z from 'zod'
import { GIVEN_ROLES, ROLES } from '../../db/schema/index.ts'
import {
  addressView,
  communityField,
  emailField,
  lineField,
  newPasswordField,
} from '../../http/fields.ts'
import { linkTokenField } from '../../http/link-token.ts'
import { pageFields, pageSchema } from '../../http/paging.ts'
import { say } from '../../messages/message.ts'
import { deviceTokenField, transportField } from '../sessions/answer.ts'
import { communityViewSchema } from '../sessions/views.ts'

export const invitationParam = z.object({
  community: communityField,
  invitationId: z.string().describe('Id of the invitation.'),
})

export const inviteBody = z.object({
  email: emailField('enter_invitee_email'),
  role: z.enum(GIVEN_ROLES, { error: say('choose_one_of', GIVEN_ROLES.join(', ')) }),
})

export const listQuery = z.object(pageFields)

export const invitationSchema = z.object({
  id: z.uuid(),
  email: addressView,
  role: z.enum(GIVEN_ROLES),
  invitedBy: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})

export const invitedData = z.object({ invitation: invitationSchema })

export const invitationsData = pageSchema(invitationSchema)

export const acceptBody = z.object({
  token: linkTokenField,
  fullName: lineField('name', 1, 200)
    .nullish()
    .describe('Without it, the name comes from the address.'),
  password: newPasswordField()
    .nullish()
    .describe('Without it, the account has none until one is set.'),
  tokenTransport: transportField,
  deviceToken: deviceTokenField,
})

export const confirmBody = z.object({ token: linkTokenField })

export const joinedData = z.object({ community: communityViewSchema, role: z.enum(ROLES) })
