import * as z from 'zod'
import { COMMUNITY_STATUSES } from '../../db/schema/index.ts'
import {
  addressView,
  communityField,
  emailField,
  lineField,
  optionalText,
  websiteField,
} from '../../http/fields.ts'
import { pageFields, pageSchema } from '../../http/paging.ts'
import { say } from '../../messages/message.ts'
import { needsReason } from './community-status.ts'

export const communityParam = z.object({ community: communityField })

const SEARCH_MAX = 100

const statusField = z.enum(COMMUNITY_STATUSES, {
  error: say('choose_one_of', COMMUNITY_STATUSES.join(', ')),
})

export const reviewQuery = z.object({
  ...pageFields,
  status: statusField.optional(),
  q: z
    .string({ error: say('search_once') })
    .meta({ maxLength: SEARCH_MAX })
    .describe('How the name, the slug or the official address begins; case does not count.')
    .pipe(lineField('search', 0, SEARCH_MAX))
    .optional(),
})

export const statusBody = z
  .object({
    status: statusField,
    reason: optionalText('reason', 1000),
  })
  .refine(({ status, reason }) => !needsReason(status) || Boolean(reason), {
    path: ['reason'],
    error: say('reason_missing'),
  })

const VERSION = say('version_number')

export const factsBody = z
  .object({
    communityName: lineField('communityName', 2, 100).optional(),
    officialEmail: emailField('enter_official_email').optional(),
    communityWebsite: websiteField().optional(),
    version: z.number({ error: VERSION }).int(VERSION).min(1, VERSION).optional(),
  })
  .refine(
    ({ communityName, officialEmail, communityWebsite }) =>
      [communityName, officialEmail, communityWebsite].some((field) => field !== undefined),
    { path: ['communityName'], error: say('nothing_to_change') },
  )

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

export const factsData = z.object({
  community: reviewedCommunitySchema.extend({
    officialEmail: addressView.nullable(),
    website: z.string().nullable(),
  }),
})

const ownerSchema = z.object({
  id: z.uuid(),
  fullName: z.string(),
  email: addressView,
  emailVerified: z.boolean(),
})

export const communityItemSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  status: z.enum(COMMUNITY_STATUSES),
  officialEmail: addressView.nullable(),
  website: z.string().nullable(),
  country: z.string(),
  city: z.string(),
  riskScore: z.number().int().min(0).max(100).describe('Sum of the points, at most 100.'),
  riskSignals: z.array(z.object({ signal: z.string(), points: z.number().int() })),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  reviewedAt: z.iso.datetime().nullable(),
  owner: ownerSchema.nullable(),
})

export const reviewListData = pageSchema(communityItemSchema)

export const historyEntrySchema = z.object({
  action: z.string().describe('An audit action.'),
  from: z.enum(COMMUNITY_STATUSES).nullable(),
  to: z.enum(COMMUNITY_STATUSES).nullable(),
  reason: z.string().nullable(),
  by: z
    .object({ id: z.uuid(), fullName: z.string() })
    .nullable()
    .describe('Nobody where the service did it, or a person without an account.'),
  at: z.iso.datetime(),
})

export const communityDetailSchema = communityItemSchema.extend({
  bio: z.string(),
  contactPhone: z.string().nullable().describe('E.164.'),
  timezone: z.string().nullable(),
  socialLinks: z.record(z.string(), z.string()),
  hasLogo: z.boolean(),
  statusReason: z.string().nullable(),
  reviewedBy: z.uuid().nullable(),
  version: z.number().int(),
  owner: ownerSchema
    .extend({
      profile: z.object({
        location: z.string().nullable(),
        primaryRole: z.string().nullable(),
        skills: z.array(z.string()),
        areaOfInterest: z.array(z.string()),
        internalNotes: z.string().nullable(),
      }),
    })
    .nullable(),
  history: z.array(historyEntrySchema).describe('Oldest first; the newest 200.'),
})

export const communityData = z.object({ community: communityDetailSchema })
