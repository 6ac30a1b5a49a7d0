import * as z from 'zod'
import { GIVEN_ROLES, ROLES } from '../../db/schema/index.ts'
import { addressView, communityField } from '../../http/fields.ts'
import { pageFieldsBy, pageSchema } from '../../http/paging.ts'
import { say } from '../../messages/message.ts'
import { withEvidence } from '../passwords/evidence.ts'
import { isMembersCursor } from './repository.ts'

export const memberParam = z.object({
  community: communityField,
  userId: z.string().describe('Id of the member.'),
})

export const listQuery = z.object(pageFieldsBy(isMembersCursor))

export const memberSchema = z.object({
  userId: z.uuid(),
  fullName: z.string(),
  email: addressView,
  role: z.enum(ROLES),
  joinedAt: z.iso.datetime(),
})

export const memberData = z.object({ member: memberSchema })

export const membersData = pageSchema(memberSchema)

export const roleBody = z.object({
  role: z.enum(GIVEN_ROLES, { error: say('choose_one_of', GIVEN_ROLES.join(', ')) }),
})

export const ownerBody = withEvidence('password', { userId: z.uuid({ error: say('user_id') }) })
