import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { toCommunityView, toSessionView, toUserView } from '../sessions/views.ts'
import { meData, profileBody, profileData } from './schemas.ts'
import { changeProfile } from './service.ts'

export const accountRoutes = factory
  .createApp()
  .get(
    '/auth/me',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Who am I?',
        success: { status: 200, data: meData },
        authenticated: true,
      },
    ),
    authenticate({ withMemberships: true }),
    permit('account.own'),
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
      return c.json(ok(c, say('this_is_you'), data), 200)
    },
  )
  .patch(
    '/account',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Change my profile',
        description:
          'What is left out stays as it is. Mails are written in the language of `locale`.',
        example: { fullName: 'Mira Rao', locale: 'en' },
        success: { status: 200, data: profileData },
        authenticated: true,
        errors: BODY_ERRORS,
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('account.own'),
    validate('json', profileBody),
    async (c) => {
      const { user, role } = c.get('auth')
      const changed = await changeProfile(c.get('deps'), user.id, c.req.valid('json'))
      const { fullName, locale, profile } = changed
      c.set('locale', locale)
      const data = {
        user: toUserView({ ...user, fullName, locale }, role),
        profile: {
          location: profile?.location ?? null,
          skills: profile?.skills ?? [],
          areaOfInterest: profile?.areaOfInterest ?? [],
        },
      }
      return c.json(ok(c, say('profile_saved'), data), 200)
    },
  )
