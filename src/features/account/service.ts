import { eq, sql } from 'drizzle-orm'
import { users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import type { ProfileChange } from './schemas.ts'

/** Changes what is named and leaves the rest, in one statement: two changes at once lose nothing of each other. */
export async function changeProfile(
  { db }: Pick<Deps, 'db'>,
  userId: string,
  { fullName, locale, location, skills, areaOfInterest }: ProfileChange,
) {
  // RFC 7396: null takes a member away.
  const patch = { location: location === '' ? null : location, skills, areaOfInterest }
  const [row] = await db
    .update(users)
    .set({
      ...(fullName !== undefined && { fullName }),
      ...(locale !== undefined && { locale }),
      profile: sql`json_patch(coalesce(${users.profile}, '{}'), ${JSON.stringify(patch)})`,
    })
    .where(eq(users.id, userId))
    .returning({ fullName: users.fullName, locale: users.locale, profile: users.profile })
  if (!row) throw new ApiError('session_ended')
  return row
}
