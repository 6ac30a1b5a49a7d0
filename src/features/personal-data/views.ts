/** What people are shown of their own rows, field by field. */
import type {
  auditLogs,
  communities,
  oneTimeTokens,
  outbox,
  sessions,
  users,
} from '../../db/schema/index.ts'
import { isoTime } from '../../http/envelope.ts'
import type { selectMemberships } from './repository.ts'
import type { PersonalData } from './schemas.ts'

type MembershipRow = Awaited<ReturnType<typeof selectMemberships>>[number]

export function toAccount(row: typeof users.$inferSelect): PersonalData['account'] {
  return {
    id: row.id,
    email: row.email,
    emailVerifiedAt: optionalTime(row.emailVerifiedAt),
    fullName: row.fullName,
    locale: row.locale,
    profile: { ...row.profile },
    homeCommunityId: row.communityId,
    hasPassword: row.passwordHash !== null,
    failedLoginAttempts: row.failedLoginAttempts,
    lockUntil: optionalTime(row.lockUntil),
    acceptedTermsAt: optionalTime(row.acceptedTermsAt),
    createdAt: isoTime(row.createdAt),
  }
}

export function toMembership(row: MembershipRow): PersonalData['memberships'][number] {
  const { communityId, name, role } = row
  const joinedAt = isoTime(row.joinedAt)
  return { communityId, name, role, joinedAt, lastUsedAt: optionalTime(row.lastUsedAt) }
}

export function toCommunity(
  row: typeof communities.$inferSelect,
): PersonalData['communities'][number] {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    status: row.status,
    statusReason: row.statusReason,
    bio: row.bio,
    officialEmail: row.officialEmail,
    contactPhone: row.contactPhone,
    website: row.website,
    country: row.country,
    city: row.city,
    timezone: row.timezone,
    socialLinks: row.socialLinks ?? {},
    riskSignals: (row.riskSignals ?? []).map(({ signal, points }) => ({ signal, points })),
    createdAt: isoTime(row.createdAt),
  }
}

export function toSession(row: typeof sessions.$inferSelect): PersonalData['sessions'][number] {
  const { id, communityId, deviceId, ip, userAgent, country, city } = row
  return {
    id,
    communityId,
    deviceId,
    ip,
    userAgent,
    country,
    city,
    createdAt: isoTime(row.createdAt),
    lastActiveAt: isoTime(row.lastActiveAt),
    endedAt: optionalTime(row.revokedAt),
  }
}

export function toLink(row: typeof oneTimeTokens.$inferSelect): PersonalData['links'][number] {
  const { id, purpose, email } = row
  return {
    id,
    purpose,
    email,
    createdAt: isoTime(row.createdAt),
    expiresAt: isoTime(row.expiresAt),
    usedAt: optionalTime(row.usedAt),
  }
}

export function toMail(row: typeof outbox.$inferSelect): PersonalData['mails'][number] {
  const { id, template, email } = row
  const createdAt = isoTime(row.createdAt)
  return { id, template: template ?? '', to: email, createdAt, sentAt: optionalTime(row.sentAt) }
}

/** Where somebody else acted, address and device are theirs, and so is what they did it with. */
export function toEvent(
  row: typeof auditLogs.$inferSelect,
  userId: string,
): PersonalData['events'][number] {
  const { id, action, communityId } = row
  const isOwnAct = row.actorId === userId
  const own = isOwnAct ? row : { ip: null, userAgent: null, details: null }
  const { ip, userAgent, details } = own
  const at = isoTime(row.createdAt)
  return { id, action, isOwnAct, communityId, ip, userAgent, details, at }
}

function optionalTime(moment: number | null): string | null {
  return moment === null ? null : isoTime(moment)
}
