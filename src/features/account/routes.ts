import * as z from 'zod'
import { COMMUNITY_STATUSES, ROLES } from '../../db/schema/index.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { authenticate } from '../../middleware/authenticate.ts'
import {
  communityViewSchema,
  sessionViewSchema,
  toCommunityView,
  toSessionView,
  toUserView,
  userViewSchema,
} from '../sessions/views.ts'

const membershipSchema = z.object({
  communityId: z.uuid(),
  name: z.string(),
  slug: z.string(),
  status: z.enum(COMMUNITY_STATUSES),
  role: z.enum(ROLES),
})

const meData = z.object({
  user: userViewSchema,
  community: communityViewSchema,
  session: sessionViewSchema,
  memberships: z.array(membershipSchema),
})

export const accountRoutes = factory.createApp().get(
  '/auth/me',
  describe({
    tag: 'Account',
    summary: 'Who am I?',
    success: { status: 200, data: meData },
    authenticated: true,
  }),
  authenticate({ withMemberships: true }),
  (c) => {
    const { user, role, community, session, memberships } = c.get('auth')
    const data = {
      user: toUserView(user, role),
      community: toCommunityView(community),
      session: toSessionView(session),
      memberships: memberships.map(({ communityId, name, slug, status, role }) => ({
        communityId,
        name,
        slug,
        status,
        role,
      })),
    }
    return c.json(ok('This is you.', data), 200)
  },
)
