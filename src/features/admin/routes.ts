import type * as z from 'zod'
import { clientInfo } from '../../http/client-info.ts'
import { isoTime, ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { authenticate, requireRole } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { changeCommunityStatus } from './change-status.ts'
import type { CommunityRow } from './repository.ts'
import { communityParam, type reviewedCommunitySchema, statusBody, statusData } from './schemas.ts'

export const adminRoutes = factory.createApp().patch(
  '/admin/communities/:community/status',
  describe({
    tag: 'Admin',
    summary: 'Change the status of a community',
    description:
      'pending → under_review → approved → active; pending → approved; pending or under_review → rejected; rejected → under_review; approved or active → suspended; suspended → active. Suspending ends every session of the community. The owner is told by mail.',
    example: { status: 'approved' },
    success: { status: 200, data: statusData },
    authenticated: true,
    errors: [
      'invalid_json',
      'csrf_failed',
      'forbidden',
      'not_found',
      'invalid_transition',
      'payload_too_large',
      'unsupported_media_type',
      'validation_failed',
      'rate_limited',
    ],
  }),
  limitByIp('general'),
  csrf(),
  authenticate(),
  requireRole('Admin'),
  validate('param', communityParam),
  validate('json', statusBody),
  async (c) => {
    const { status, reason } = c.req.valid('json')
    const community = await changeCommunityStatus(c.get('deps'), {
      community: c.req.valid('param').community,
      to: status,
      reason,
      reviewerId: c.get('auth').user.id,
      client: clientInfo(c),
    })
    return c.json(ok('The status is changed.', { community: toReviewedCommunity(community) }), 200)
  },
)

function toReviewedCommunity(row: CommunityRow): z.infer<typeof reviewedCommunitySchema> {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    status: row.status,
    statusReason: row.statusReason,
    reviewedBy: row.reviewedBy,
    reviewedAt: row.reviewedAt === null ? null : isoTime(row.reviewedAt),
    version: row.version,
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  }
}
