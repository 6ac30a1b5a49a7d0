import { auditContext } from '../../audit.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { toPage } from '../../http/paging.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { changeCommunityStatus } from './change-status.ts'
import {
  toChangedCommunity,
  toCommunityDetail,
  toCommunityItem,
  toReviewedCommunity,
} from './community-views.ts'
import { changeReviewedFacts } from './reviewed-facts.ts'
import {
  communityData,
  communityParam,
  factsBody,
  factsData,
  reviewListData,
  reviewQuery,
  statusBody,
  statusData,
} from './schemas.ts'
import { listForReview, readForReview } from './service.ts'

export const adminRoutes = factory
  .createApp()
  .get(
    '/admin/communities',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Communities to review',
        description:
          'Newest first, each with its owner and with what should be looked at. `q` is how a name, a slug or an official address begins.',
        success: { status: 200, data: reviewListData },
        authenticated: true,
        errors: ['forbidden', 'validation_failed'],
      },
    ),
    authenticate(),
    permit('communities.review'),
    validate('query', reviewQuery),
    async (c) => {
      const query = c.req.valid('query')
      const rows = await listForReview(c.get('deps'), query)
      return c.json(ok(c, say('communities'), toPage(rows, query, toCommunityItem)), 200)
    },
  )
  .get(
    '/admin/communities/:community',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'One community to review',
        description: 'With what its owner told at signup, and its history, oldest first.',
        success: { status: 200, data: communityData },
        authenticated: true,
        errors: ['forbidden', 'not_found'],
      },
    ),
    authenticate(),
    permit('communities.review'),
    validate('param', communityParam),
    async (c) => {
      const name = c.req.valid('param').community
      const { community, owner, history } = await readForReview(c.get('deps'), name)
      const data = { community: toCommunityDetail(community, owner, history) }
      return c.json(ok(c, say('community'), data), 200)
    },
  )
  .patch(
    '/admin/communities/:community/status',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Change the status of a community',
        description:
          'pending → under_review → approved → active; pending → approved; pending or under_review → rejected; rejected → under_review; approved or active → suspended; suspended → active. Suspending ends every session of the community. The owner is told by mail.',
        example: { status: 'approved' },
        success: { status: 200, data: statusData },
        authenticated: true,
        errors: ['forbidden', 'not_found', 'invalid_transition', ...BODY_ERRORS],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('communities.review'),
    validate('param', communityParam),
    validate('json', statusBody),
    async (c) => {
      const { status, reason } = c.req.valid('json')
      const community = await changeCommunityStatus(
        c.get('deps'),
        c.get('auth'),
        { community: c.req.valid('param').community, to: status, reason },
        auditContext(c),
      )
      return c.json(
        ok(c, say('status_changed'), { community: toReviewedCommunity(community) }),
        200,
      )
    },
  )
  .patch(
    '/admin/communities/:community',
    describe(
      HAS_DOCUMENT && {
        tag: 'Admin',
        summary: 'Change what was reviewed of a community',
        description:
          'Name, official address, website (`""` or null takes it away); what is left out stays, and so does the slug. 409 `community_exists` names the fields that another community has, as signup does. With `version` it is changed only if it still is the one that was looked at; else 409 `invalid_transition`, as for the slower of two at once.',
        example: { communityName: 'Apex Circle Pune', version: 2 },
        success: { status: 200, data: factsData },
        authenticated: true,
        errors: [
          'email_rejected',
          'forbidden',
          'not_found',
          'community_exists',
          'invalid_transition',
          ...BODY_ERRORS,
        ],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('communities.review'),
    validate('param', communityParam),
    validate('json', factsBody),
    async (c) => {
      const { community } = c.req.valid('param')
      const row = await changeReviewedFacts(
        c.get('deps'),
        c.get('auth'),
        community,
        c.req.valid('json'),
        auditContext(c),
      )
      return c.json(ok(c, say('community_changed'), { community: toChangedCommunity(row) }), 200)
    },
  )
