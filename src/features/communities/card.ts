/** What everybody may know of a community. Never its official address, its phone, its owner, or what reviewers wrote. */
import * as z from 'zod'
import { isoTime } from '../../http/envelope.ts'
import { logoUrlOf } from '../logos/version.ts'
import type { OpenCommunity } from './repository.ts'

export const cardSchema = z.object({
  id: z.uuid(),
  slug: z.string(),
  name: z.string(),
  bio: z.string(),
  country: z.string(),
  city: z.string(),
  timezone: z.string().nullable(),
  website: z.string().nullable(),
  socialLinks: z.record(z.string(), z.string()),
  logoUrl: z
    .string()
    .nullable()
    .describe('Path at this host; another logo gets another one, so it may be kept for ever.'),
  createdAt: z.iso.datetime(),
})

export const cardData = z.object({ community: cardSchema })

/** With what only its own people see. */
export const ownCardData = z.object({
  community: cardSchema.extend({ contactPhone: z.string().nullable() }),
})

export function toCard(row: OpenCommunity): z.infer<typeof cardSchema> {
  const { id, slug, name, bio, country, city, timezone, website } = row
  return {
    ...{ id, slug, name, bio, country, city, timezone, website },
    socialLinks: row.socialLinks ?? {},
    logoUrl: row.logo === null ? null : logoUrlOf(id, row.logo),
    createdAt: isoTime(row.createdAt),
  }
}

export function toOwnCard(row: OpenCommunity): z.infer<typeof ownCardData>['community'] {
  return { ...toCard(row), contactPhone: row.contactPhone }
}
