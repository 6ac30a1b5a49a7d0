import * as z from 'zod'
import { COMMUNITY_STATUSES, ROLES } from '../../db/schema/index.ts'
import { addressView } from '../../http/fields.ts'
import { LOCALES } from '../../lib/locale.ts'
import { say } from '../../messages/message.ts'
import { withEvidence } from '../passwords/evidence.ts'

export const eraseBody = withEvidence('password', {
  closeCommunity: z
    .boolean({ error: say('flag') })
    .default(false)
    .describe('The community that I am signed in to closes with me; for its owner.'),
})

const time = z.iso.datetime()
const text = z.string().nullable()

export const personalData = z.object({
  account: z.object({
    id: z.uuid(),
    email: addressView,
    emailVerifiedAt: time.nullable(),
    fullName: z.string(),
    locale: z.enum(LOCALES),
    profile: z.record(z.string(), z.unknown()),
    homeCommunityId: z.uuid(),
    hasPassword: z.boolean(),
    failedLoginAttempts: z.number().int(),
    /** Until when passwords are refused; the year 9999 for a lock that a new password lifts. */
    lockUntil: time.nullable(),
    acceptedTermsAt: time.nullable(),
    createdAt: time,
  }),
  memberships: z.array(
    z.object({
      communityId: z.uuid(),
      name: z.string(),
      role: z.enum(ROLES),
      joinedAt: time,
      lastUsedAt: time.nullable(),
    }),
  ),
  /** Communities that this person owns, with what was told of them. */
  communities: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      slug: z.string(),
      status: z.enum(COMMUNITY_STATUSES),
      statusReason: text,
      bio: z.string(),
      officialEmail: addressView.nullable(),
      contactPhone: text,
      website: text,
      country: z.string(),
      city: z.string(),
      timezone: text,
      socialLinks: z.record(z.string(), z.string()),
      /** What the reviewer was told to look at, as found at signup. */
      riskSignals: z.array(z.object({ signal: z.string(), points: z.number().int() })),
      createdAt: time,
    }),
  ),
  /** Browsers and apps that the account knows. */
  devices: z.array(z.object({ id: z.string(), lastUsedAt: time })),
  sessions: z.array(
    z.object({
      id: z.uuid(),
      communityId: z.uuid(),
      deviceId: z.string(),
      ip: text,
      userAgent: text,
      country: text,
      city: text,
      createdAt: time,
      lastActiveAt: time,
      endedAt: time.nullable(),
    }),
  ),
  /** Links, invitations and wanted changes of address. */
  links: z.array(
    z.object({
      id: z.uuid(),
      purpose: z.string(),
      email: addressView,
      createdAt: time,
      expiresAt: time,
      usedAt: time.nullable(),
    }),
  ),
  mails: z.array(
    z.object({
      id: z.uuid(),
      template: z.string(),
      to: z.string(),
      createdAt: time,
      sentAt: time.nullable(),
    }),
  ),
  /** The audit log: what this person did, and what was done to the account. */
  events: z.array(
    z.object({
      id: z.uuid(),
      action: z.string(),
      isOwnAct: z.boolean(),
      communityId: z.uuid().nullable(),
      ip: text,
      userAgent: text,
      details: z.record(z.string(), z.unknown()).nullable(),
      at: time,
    }),
  ),
})

export type PersonalData = z.infer<typeof personalData>
