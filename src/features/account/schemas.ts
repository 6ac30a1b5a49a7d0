import * as z from 'zod'
import { COMMUNITY_STATUSES, ROLES } from '../../db/schema/index.ts'
import { lineField, tagsField } from '../../http/fields.ts'
import { LOCALES } from '../../lib/locale.ts'
import { say } from '../../messages/message.ts'
import { communityViewSchema, sessionViewSchema, userViewSchema } from '../sessions/views.ts'

export const meData = z.object({
  user: userViewSchema,
  community: communityViewSchema,
  session: sessionViewSchema,
  memberships: z.array(
    z.object({
      communityId: z.uuid(),
      name: z.string(),
      slug: z.string(),
      status: z.enum(COMMUNITY_STATUSES),
      role: z.enum(ROLES),
    }),
  ),
})

/** What is left out stays as it is; an empty location takes it away. */
export const profileBody = z.object({
  fullName: lineField('name', 1, 200).optional(),
  locale: z.enum(LOCALES, { error: say('choose_one_of', LOCALES.join(', ')) }).optional(),
  location: lineField('location', 0, 200).optional(),
  skills: tagsField('skill', 'skills').optional(),
  areaOfInterest: tagsField('areaOfInterest', 'areasOfInterest').optional(),
})

export type ProfileChange = z.infer<typeof profileBody>

export const profileData = z.object({
  user: userViewSchema,
  profile: z.object({
    location: z.string().nullable(),
    skills: z.array(z.string()),
    areaOfInterest: z.array(z.string()),
  }),
})
