/** What reviewers see of a community, field by field. */
import type * as z from 'zod'
import { COMMUNITY_STATUSES } from '../../db/schema/index.ts'
import { isoTime } from '../../http/envelope.ts'
import { scoreOf } from '../signup/risk.ts'
import type { CommunityRow, HistoryRow, Owner } from './repository.ts'
import type { ReviewRow } from './review-list.ts'
import type {
  communityDetailSchema,
  communityItemSchema,
  factsData,
  historyEntrySchema,
  reviewedCommunitySchema,
} from './schemas.ts'

/** The answer to a change of status. */
export function toReviewedCommunity(row: CommunityRow): z.infer<typeof reviewedCommunitySchema> {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    status: row.status,
    statusReason: row.statusReason,
    reviewedBy: row.reviewedBy,
    reviewedAt: optionalTime(row.reviewedAt),
    version: row.version,
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
  }
}

/** The answer to a change of what was reviewed. */
export function toChangedCommunity(row: CommunityRow): z.infer<typeof factsData.shape.community> {
  const { officialEmail, website } = row
  return { ...toReviewedCommunity(row), officialEmail, website }
}

export function toCommunityItem(row: ReviewRow): z.infer<typeof communityItemSchema> {
  return { ...toFacts(row), owner: row.owner && toOwner(row.owner) }
}

/** `history` newest first, as it is read. */
export function toCommunityDetail(
  row: CommunityRow,
  owner: Owner,
  history: readonly HistoryRow[],
): z.infer<typeof communityDetailSchema> {
  return {
    ...toFacts(row),
    bio: row.bio,
    contactPhone: row.contactPhone,
    timezone: row.timezone,
    socialLinks: row.socialLinks ?? {},
    hasLogo: row.logo !== null,
    statusReason: row.statusReason,
    reviewedBy: row.reviewedBy,
    version: row.version,
    owner: owner ? { ...toOwner(owner), profile: toProfile(owner.profile) } : null,
    history: history.map(toHistoryEntry).reverse(),
  }
}

function toFacts(row: Omit<ReviewRow, 'owner'>) {
  const signals = row.riskSignals ?? []
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    status: row.status,
    officialEmail: row.officialEmail,
    website: row.website,
    country: row.country,
    city: row.city,
    riskScore: scoreOf(signals),
    riskSignals: signals.map(({ signal, points }) => ({ signal, points })),
    createdAt: isoTime(row.createdAt),
    updatedAt: isoTime(row.updatedAt),
    reviewedAt: optionalTime(row.reviewedAt),
  }
}

function toOwner(owner: NonNullable<ReviewRow['owner']>) {
  const { id, fullName, email, emailVerifiedAt } = owner
  return { id, fullName, email, emailVerified: emailVerifiedAt !== null }
}

function toProfile(profile: NonNullable<Owner>['profile'] | null) {
  return {
    location: profile?.location ?? null,
    primaryRole: profile?.primaryRole ?? null,
    skills: profile?.skills ?? [],
    areaOfInterest: profile?.areaOfInterest ?? [],
    internalNotes: profile?.internalNotes ?? null,
  }
}

function toHistoryEntry(row: HistoryRow): z.infer<typeof historyEntrySchema> {
  const { from, to, reason } = row.details ?? {}
  const { actorId, actorName } = row
  return {
    action: row.action,
    from: statusOrNull(from),
    to: statusOrNull(to),
    reason: typeof reason === 'string' ? reason : null,
    by: actorId === null || actorName === null ? null : { id: actorId, fullName: actorName },
    at: isoTime(row.createdAt),
  }
}

/** Details are written by many hands and tell of a status only where it changed. */
function statusOrNull(detail: unknown) {
  return COMMUNITY_STATUSES.find((status) => status === detail) ?? null
}

function optionalTime(moment: number | null): string | null {
  return moment === null ? null : isoTime(moment)
}
