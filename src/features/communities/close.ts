/**
 * An owner closes the community for good. It takes a second proof that it is they; one batch ends everything that hangs on
 * it. The row stays, since people without another community have their home there, and says nothing any more.
 */
import { sql } from 'drizzle-orm'
import type { AuditContext } from '../../audit.ts'
import { isConstraintError } from '../../db/client.ts'
import { users } from '../../db/schema/index.ts'
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
import { closeCommunity } from './closing.ts'

/** Throws what `proveIdentity` throws, and session_ended or forbidden where that became so meanwhile. */
export async function closeOwnCommunity(
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
  try {
    await db.batch([
      ...closeCommunity(db, { id, may: sql`${may} and ${isProven}` }, who.user.id, audit),
    ])
  } catch (error) {
    if (!isConstraintError(error)) throw error
    const [standing] = await selectStanding(db, who, may, now)
    // Whoever may still has lost the proof: the password or the address is another by now.
    throw standing?.may ? await whyNotProven(deps, who, proof, now) : lostStanding(standing)
  }
}
