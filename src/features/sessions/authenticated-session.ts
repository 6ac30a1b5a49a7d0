import type { CommunityStatus, Role } from '../../db/schema/index.ts'

export type Locale = 'en' | 'zh'

export interface SessionUser {
  id: string
  email: string
  fullName: string
  locale: Locale
}

export interface SessionCommunity {
  id: string
  name: string
  slug: string
  status: CommunityStatus
}

export interface MembershipSummary {
  communityId: string
  name: string
  slug: string
  status: CommunityStatus
  role: Role
}

/** Who is asking, as the database says now; nothing of it is taken from the token but the session's id. */
export interface AuthenticatedSession {
  user: SessionUser
  role: Role
  community: SessionCommunity
  /** `expiresAt`: when it ends unless it is refreshed before, ms UTC. */
  session: { id: string; expiresAt: number; deviceId: string }
  /** Only where the route asked for them. */
  memberships: MembershipSummary[]
}
