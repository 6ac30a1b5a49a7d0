import * as z from 'zod'
import { COMMUNITY_STATUSES, ROLES, type Role } from '../../db/schema/index.ts'
import { isoTime } from '../../http/envelope.ts'
import { addressView } from '../../http/fields.ts'
import type { SessionCommunity, SessionUser } from './authenticated-session.ts'

export const userViewSchema = z.object({
  id: z.uuid(),
  email: addressView,
  fullName: z.string(),
  role: z.enum(ROLES),
  emailVerified: z.boolean(),
  locale: z.enum(['en', 'zh']),
})

export const communityViewSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  slug: z.string(),
  status: z.enum(COMMUNITY_STATUSES),
})

export const sessionViewSchema = z.object({ id: z.uuid(), expiresAt: z.iso.datetime() })

/** Whoever has a session has proven the mailbox. */
export function toUserView(user: SessionUser, role: Role): z.infer<typeof userViewSchema> {
  const { id, email, fullName, locale } = user
  return { id, email, fullName, role, emailVerified: true, locale }
}

export function toCommunityView(community: SessionCommunity): z.infer<typeof communityViewSchema> {
  const { id, name, slug, status } = community
  return { id, name, slug, status }
}

export function toSessionView(session: { id: string; expiresAt: number }) {
  return { id: session.id, expiresAt: isoTime(session.expiresAt) }
}
