import * as z from 'zod'
import { COMMUNITY_STATUSES, ROLES } from '../../db/schema/index.ts'
import { addressView, emailField, optionalText } from '../../http/fields.ts'
import { pageFieldsBy, pageSchema } from '../../http/paging.ts'
import { isUsersCursor } from './repository.ts'

export const usersQuery = z.object({
  ...pageFieldsBy(isUsersCursor),
  email: emailField('enter_email').describe('The whole address; case does not count.'),
})

export const userParam = z.object({ id: z.string().describe('Id of the person.') })

export const disableBody = z.object({
  reason: optionalText('reason', 1000),
})

export const userSchema = z.object({
  id: z.uuid(),
  email: addressView,
  fullName: z.string(),
  emailVerified: z
    .boolean()
    .describe('Without it, there is a signup that waits for its link, and no account.'),
  locale: z.enum(['en', 'zh']),
  community: z
    .object({
      id: z.uuid(),
      name: z.string(),
      slug: z.string(),
      status: z.enum(COMMUNITY_STATUSES),
    })
    .describe('The home community.'),
  memberships: z.array(
    z.object({
      communityId: z.uuid(),
      name: z.string(),
      slug: z.string(),
      status: z.enum(COMMUNITY_STATUSES),
      role: z.enum(ROLES),
    }),
  ),
  createdAt: z.iso.datetime(),
  lastLoginAt: z.iso
    .datetime()
    .nullable()
    .describe('When a session was opened last in one of these memberships.'),
  livingSessions: z.number().int(),
  disabledAt: z.iso.datetime().nullable(),
  password: z
    .enum(['set', 'none', 'switched_off'])
    .describe(
      'After a hundred failures since the last success it is switched off: no unlock makes it good again, only a reset does.',
    ),
  failedLoginAttempts: z.number().int().describe('Since the last success.'),
  lock: z
    .enum(['none', 'blocked', 'until_reset'])
    .describe('What strangers have brought about, as it was written down last.'),
  blockedUntil: z.iso.datetime().nullable(),
})

export const usersData = pageSchema(userSchema)
export const userData = z.object({ user: userSchema })
