/**
 * An owner closes the community for good. It takes a second proof that it is they; one batch ends everything that hangs on
 * it. The row stays, since people without another community have their home there, and says nothing any more.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { communities, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import type { Evidence } from '../passwords/evidence.ts'
import {
  isStillProven,
  type Proof,
  proveIdentity,
  underProof,
  whyNotProven,
} from '../passwords/prove-identity.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
import { endSessionsOfCommunity } from '../sessions/service.ts'
import { closeCommunities } from './closing.ts'
import { endBelongings } from './repository.ts'

/** Throws what `proveIdentity` throws, and session_ended or forbidden where that became so meanwhile. */
export async function closeCommunity(
  deps: Deps,
  who: AuthenticatedSession,
  evidence: Evidence,
  audit: AuditContext,
): Promise<void> {
  const proof = await proveIdentity(deps, who, evidence, audit)
  await underProof(deps, proof, () => writeClosing(deps, who, proof, audit))
}

async function writeClosing(
  deps: Deps,
  who: AuthenticatedSession,
  proof: Proof,
  audit: AuditContext,
): Promise<void> {
  const { db } = deps
  const { now } = audit
  const { id } = who.community
  const may = stillMay(who, 'community.edit', now)
  const isProven = sql`exists (select 1 from ${users} where ${isStillProven(who, proof, now)})`
  const which = sql`${communities.id} = ${id} and ${communities.isDeleted} = 0 and ${may} and ${isProven}`
  try {
    await db.batch([
      ...closeCommunities(db, which, who.user.id, audit),
      ...assertOneChange(db),
      endSessionsOfCommunity(db, id, now, 'community_closed'),
      ...endBelongings(db, id, now),
    ])
  } catch (error) {
    if (!isConstraintError(error)) throw error
    const [standing] = await selectStanding(db, who, may, now)
    // Whoever may still has lost the proof: the password or the address is another by now.
    throw standing?.may ? await whyNotProven(deps, who, proof, now) : lostStanding(standing)
  }
}
