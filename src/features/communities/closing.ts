/**
 * What is left of a community that was closed: its id, so that the audit log and people's homes name something, and
 * nothing that tells of it. Name, slug, official address and domain are free again. Statements for a batch.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { assertOneChange, sqlNewId } from '../../db/conditions.ts'
import { communities } from '../../db/schema/index.ts'
import { discardLogo } from '../logos/garbage.ts'
import { endSessionsOfCommunity } from '../sessions/service.ts'
import { endBelongings } from './repository.ts'

/**
 * Closes this community, with its memberships, sessions, invitations and homes, where `may` holds; else the whole batch
 * is rolled back with a constraint error.
 */
export function closeCommunity(
  db: Database,
  { id, may }: { id: string; may: SQL },
  actorId: string,
  audit: AuditContext,
) {
  const which = sql`${communities.id} = ${id} and ${communities.isDeleted} = 0 and ${may}`
  return [
    ...closeCommunities(db, which, actorId, audit),
    ...assertOneChange(db),
    endSessionsOfCommunity(db, id, audit.now, 'community_closed'),
    ...endBelongings(db, id, audit.now),
  ] as const
}

/** Closes each community that `which` selects: an audit row for it, its logo to the garbage, and the rest of it gone. */
export function closeCommunities(db: Database, which: SQL, actorId: string, audit: AuditContext) {
  const { now } = audit
  return [
    auditRowWhere(db, 'community_closed', audit, {
      id: sqlNewId(now),
      actorId,
      communityId: sql<string>`${communities.id}`,
      details: sql<string>`json_object('from', ${communities.status}, 'slug', ${communities.slug})`,
      from: sql`${communities}`,
      condition: which,
    }),
    discardLogo(db, which, now),
    db
      .update(communities)
      .set({
        name: '',
        // With a blank, which no key of a name has: nobody signs up as what a community needs to be closed.
        nameKey: sql`'closed ' || ${communities.id}`,
        slugBase: sql`${communities.id}`,
        slugNumber: 0,
        bio: '',
        officialEmail: null,
        contactPhone: null,
        website: null,
        domain: null,
        city: '',
        timezone: null,
        socialLinks: null,
        logo: null,
        riskSignals: null,
        statusReason: null,
        version: sql`${communities.version} + 1`,
        updatedAt: now,
        isDeleted: true,
      })
      .where(which),
  ] as const
}
