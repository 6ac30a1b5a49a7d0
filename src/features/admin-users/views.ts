/** What admins see of a person, field by field. */
import type * as z from 'zod'
import { FAILURES_UNTIL_RESET, LOCKED_UNTIL_RESET } from '../../db/schema/index.ts'
import { isoTime } from '../../http/envelope.ts'
import type { FoundUser } from './repository.ts'
import type { userSchema } from './schemas.ts'

export function toFoundUser(row: FoundUser, now: number): z.infer<typeof userSchema> {
  const { lockUntil } = row
  const isLocked = lockUntil === LOCKED_UNTIL_RESET
  const isBlocked = !isLocked && lockUntil !== null && lockUntil > now
  return {
    id: row.id,
    email: row.email,
    fullName: row.fullName,
    emailVerified: row.emailVerifiedAt !== null,
    locale: row.locale,
    community: {
      id: row.communityId,
      name: row.communityName,
      slug: row.communitySlug,
      status: row.communityStatus,
    },
    memberships: JSON.parse(row.memberships),
    createdAt: isoTime(row.createdAt),
    lastLoginAt: row.lastLoginAt === null ? null : isoTime(row.lastLoginAt),
    livingSessions: row.livingSessions,
    disabledAt: row.disabledAt === null ? null : isoTime(row.disabledAt),
    password: passwordOf(row),
    failedLoginAttempts: row.failedLoginAttempts,
    lock: isLocked ? 'until_reset' : isBlocked ? 'blocked' : 'none',
    blockedUntil: isBlocked ? isoTime(lockUntil) : null,
  }
}

function passwordOf({ hasPassword, failedLoginAttempts }: FoundUser) {
  if (!hasPassword) return 'none'
  return failedLoginAttempts >= FAILURES_UNTIL_RESET ? 'switched_off' : 'set'
}
