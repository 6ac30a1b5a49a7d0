/** Statements around the profile of one community, and around its end. */
import { and, eq, inArray, ne, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { isNamed } from '../../db/named-community.ts'
import {
  communities,
  memberships,
  oneTimeTokens,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../../db/schema/index.ts'

/** A community that everybody may see: approved or active, not closed, and not the reserved one. By its id or slug. */
export function selectOpenCommunity(db: Database, idOrSlug: string) {
  return db
    .select({
      id: communities.id,
      slug: communities.slug,
      name: communities.name,
      bio: communities.bio,
      country: communities.country,
      city: communities.city,
      timezone: communities.timezone,
      website: communities.website,
      contactPhone: communities.contactPhone,
      socialLinks: communities.socialLinks,
      logo: communities.logo,
      createdAt: communities.createdAt,
    })
    .from(communities)
    .where(
      and(
        isNamed(idOrSlug),
        inArray(communities.status, ['approved', 'active']),
        eq(communities.isDeleted, false),
        ne(communities.id, PLATFORM_COMMUNITY_ID),
      ),
    )
}

export type OpenCommunity = Awaited<ReturnType<typeof selectOpenCommunity>>[number]

/** One field of a profile, as its column has it and as it becomes; both as JSON. */
export interface Changing {
  field: string
  was: SQL
  becomes: SQL
  /** Only that it changed is put on record. */
  isPersonal: boolean
}

/** SQL beside a row of `communities`: the fields that change, as a table. */
function changes(fields: readonly Changing[]): SQL {
  // As rows of JSON: D1 takes no more than five SELECTs in a UNION.
  const rows = fields.map(
    ({ field, was, becomes, isPersonal }) =>
      sql`json_array(${field}, ${was}, ${becomes}, ${Number(isPersonal)})`,
  )
  return sql`(select value ->> '$[0]' as field, value -> '$[1]' as was, value -> '$[2]' as becomes,
    value ->> '$[3]' as personal from json_each(json_array(${sql.join(rows, sql`, `)}))
    where value -> '$[1]' is not value -> '$[2]')`
}

/** SQL over a row of `communities`: any of it is another than it was. */
export function isAnyChanged(fields: readonly Changing[]): SQL {
  return sql`exists ${changes(fields)}`
}

/** SQL over a row of `communities`: what changes, before and after, for the audit log. */
export function beforeAndAfter(fields: readonly Changing[]): SQL<string> {
  return sql<string>`(select json_object(
    'before', json_group_object(field, json(was)) filter (where personal = 0),
    'after', json_group_object(field, json(becomes)) filter (where personal = 0),
    'personal', json_group_array(field) filter (where personal = 1)) from ${changes(fields)})`
}

/** What ends with a community: memberships, pending invitations, and homes, which move to the oldest membership that is left. */
export function endBelongings(db: Database, id: string, now: number) {
  return [
    db.delete(memberships).where(eq(memberships.communityId, id)),
    db
      .update(users)
      .set({
        communityId: sql`(select m.community_id from memberships m where m.user_id = ${users.id}
          order by m.created_at, m.community_id limit 1)`,
      })
      .where(
        sql`${users.communityId} = ${id} and exists (
          select 1 from memberships m where m.user_id = ${users.id})`,
      ),
    db
      .update(oneTimeTokens)
      .set({ withdrawnAt: now })
      .where(
        sql`${oneTimeTokens.communityId} = ${id} and ${oneTimeTokens.purpose} = 'invitation'
          and ${oneTimeTokens.usedAt} is null and ${oneTimeTokens.withdrawnAt} is null`,
      ),
  ] as const
}
