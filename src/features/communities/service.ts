/** What everybody sees of a community, and what its owner changes of it. */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere, newMark } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { communities } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import {
  beforeAndAfter,
  type Changing,
  isAnyChanged,
  type OpenCommunity,
  selectOpenCommunity,
} from './repository.ts'
import type { ProfileChange } from './schemas.ts'

/** By id or slug; undefined unless everybody may see it. */
export async function findOpenCommunity(
  db: Database,
  idOrSlug: string,
): Promise<OpenCommunity | undefined> {
  const [row] = await selectOpenCommunity(db, idOrSlug)
  return row
}

/** The same. Throws not_found, whatever keeps it from being seen. */
export async function readOpenCommunity(
  { db }: Pick<Deps, 'db'>,
  idOrSlug: string,
): Promise<OpenCommunity> {
  const found = await findOpenCommunity(db, idOrSlug)
  if (!found) throw new ApiError('not_found', { message: say('no_such_community') })
  return found
}

/**
 * Changes what is named and leaves the rest: two changes at once lose nothing of each other, and what is the same
 * already is no change. Throws session_ended or forbidden where that became so meanwhile.
 */
export async function changeProfile(
  { db }: Pick<Deps, 'db'>,
  who: AuthenticatedSession,
  change: ProfileChange,
  audit: AuditContext,
): Promise<OpenCommunity> {
  const { id } = who.community
  const { now } = audit
  const may = stillMay(who, 'community.edit', now)
  const mark = newMark(audit)
  const fields = changingFields(change)
  const [[standing], , , [row]] = await db.batch([
    selectStanding(db, who, may, now),
    auditRowWhere(db, 'community_updated', audit, {
      id: mark.id,
      actorId: who.user.id,
      communityId: id,
      details: beforeAndAfter(fields),
      condition: sql`${communities.id} = ${id} and ${may} and ${isAnyChanged(fields)}`,
      from: sql`${communities}`,
    }),
    db
      .update(communities)
      .set({
        ...toColumns(change),
        version: sql`${communities.version} + 1`,
        updatedAt: now,
      })
      .where(sql`${communities.id} = ${id} and ${mark.isMade}`),
    selectOpenCommunity(db, id),
  ])
  if (!standing?.may || !row) throw lostStanding(standing)
  return row
}

/** RFC 7396: null takes a link away. */
function linksAfter(links: Record<string, string | null>): SQL<Record<string, string>> {
  return sql`json_patch(coalesce(${communities.socialLinks}, '{}'), ${JSON.stringify(links)})`
}

function toColumns({ communityBio, country, city, timezone, ...rest }: ProfileChange) {
  const { contactPhone, socialLinks } = rest
  return {
    ...(communityBio !== undefined && { bio: communityBio }),
    ...(country !== undefined && { country }),
    ...(city !== undefined && { city }),
    ...(timezone !== undefined && { timezone }),
    ...(contactPhone !== undefined && { contactPhone }),
    ...(socialLinks !== undefined && { socialLinks: linksAfter(socialLinks) }),
  }
}

/** The named fields, under the names that the client knows them by. */
function changingFields({ socialLinks, ...texts }: ProfileChange): Changing[] {
  const columns = {
    communityBio: communities.bio,
    country: communities.country,
    city: communities.city,
    timezone: communities.timezone,
    contactPhone: communities.contactPhone,
  }
  const named = Object.entries(columns).flatMap(([field, column]) => {
    const value = texts[field as keyof typeof columns]
    if (value === undefined) return []
    const isPersonal = field === 'contactPhone'
    return {
      field,
      was: sql`json_quote(${column})`,
      becomes: sql`json_quote(${value})`,
      isPersonal,
    }
  })
  if (socialLinks === undefined) return named
  const was = sql`json(coalesce(${communities.socialLinks}, '{}'))`
  const links = { field: 'socialLinks', was, becomes: linksAfter(socialLinks), isPersonal: false }
  return [...named, links]
}
