/**
 * The logo of a community. The picture is stored under a new key first; then one batch, which begins with its audit row,
 * names it in the community's row and notes the key before as garbage. Whatever fails, the row names a picture that is
 * there: of two uploads at once the later one stays, and the other is removed by the cron.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere, newMark } from '../../audit.ts'
import { communities } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import { findOpenCommunity } from '../communities/service.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import { discardLogo, setLogo } from './garbage.ts'
import type { StoredLogo } from './logo-store.ts'
import { readPicture } from './picture.ts'
import { logoUrlOf, versionOf } from './version.ts'

type Acting = Pick<Deps, 'db' | 'logos' | 'later'>

/** Gives the new logo's URL. Throws validation_failed for what is no picture, unavailable, or session_ended or forbidden where that became so meanwhile. */
export async function changeLogo(
  deps: Acting,
  who: AuthenticatedSession,
  file: Uint8Array,
  audit: AuditContext,
): Promise<string> {
  const read = readPicture(file)
  if (!read.ok) throw new ApiError('validation_failed', { errors: { logo: read.message } })
  const key = await deps.logos.put(read.logo)
  // After an outage nobody knows whether the batch was committed: the sweep will tell whether the picture is in use.
  const standing = await writeLogo(deps, who, key, audit)
  if (!standing?.may) {
    deps.later(() => deps.logos.remove([key]))
    throw lostStanding(standing)
  }
  return logoUrlOf(who.community.id, key)
}

/** Takes the logo away; where there is none, nothing happens. Throws session_ended or forbidden where that became so meanwhile. */
export async function removeLogo(
  deps: Acting,
  who: AuthenticatedSession,
  audit: AuditContext,
): Promise<void> {
  const standing = await writeLogo(deps, who, null, audit)
  if (!standing?.may) throw lostStanding(standing)
}

async function writeLogo(
  { db }: Acting,
  who: AuthenticatedSession,
  key: string | null,
  audit: AuditContext,
) {
  const { id } = who.community
  const may = stillMay(who, 'community.edit', audit.now)
  const mark = newMark(audit)
  const [asked] = await db.batch([
    selectStanding(db, who, may, audit.now),
    auditRowWhere(db, 'logo_changed', audit, {
      id: mark.id,
      actorId: who.user.id,
      communityId: id,
      details: sql<string>`json_object('from', ${communities.logo}, 'to', ${key})`,
      condition: sql`${communities.id} = ${id} and ${communities.logo} is not ${key} and ${may}`,
      from: sql`${communities}`,
    }),
    discardLogo(db, sql`${communities.id} = ${id} and ${mark.isMade}`, audit.now),
    setLogo(db, { id, key, now: audit.now }, mark.isMade),
  ])
  return asked[0]
}

export interface ServedLogo {
  version: string
  /** Reads it from storage. Throws unavailable. */
  read(what: 'whole' | 'facts'): Promise<StoredLogo>
}

/** The logo of a community that everybody may see; of this version, if one is named. Throws not_found. */
export async function findLogo(
  { db, logos }: Pick<Deps, 'db' | 'logos'>,
  idOrSlug: string,
  version: string | undefined,
): Promise<ServedLogo> {
  const key = (await findOpenCommunity(db, idOrSlug))?.logo
  const current = key ? versionOf(key) : undefined
  if (!key || !current || (version !== undefined && version !== current)) throw noLogo()
  return {
    version: current,
    read: async (what) => {
      const found = await logos.find(key, what)
      if (!found) throw noLogo('logo_missing')
      return found
    },
  }
}

function noLogo(reason?: string): ApiError {
  return new ApiError('not_found', { message: say('no_such_logo'), ...(reason && { reason }) })
}
