import * as z from 'zod'
import { COMMUNITY_STATUSES } from '../../db/schema/index.ts'
import { optionalText } from '../../http/fields.ts'
import { needsReason } from './community-status.ts'

export const communityParam = z.object({
  community: z.string().describe('Id or slug of the community.'),
})

export const statusBody = z
  .object({
    status: z.enum(COMMUNITY_STATUSES, {
      error: `Choose one of: ${COMMUNITY_STATUSES.join(', ')}.`,
    }),
    reason: optionalText('The reason', 1000),
  })
  .refine(({ status, reason }) => !needsReason(status) || Boolean(reason), {
    path: ['reason'],
    error: 'Give a reason: the owner will read it.',
  })

export const reviewedCommunitySchema = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  status: z.enum(COMMUNITY_STATUSES),
  statusReason: z.string().nullable(),
  reviewedBy: z.uuid().nullable(),
  reviewedAt: z.iso.datetime().nullable(),
  version: z.number().int(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
})

export const statusData = z.object({ community: reviewedCommunitySchema })
