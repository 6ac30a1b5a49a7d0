/** What codes and links ask of the database. */
import { and, eq, isNull, sql } from 'drizzle-orm'
import { hasActiveKey } from '../../db/active-key.ts'
import type { Database } from '../../db/client.ts'
import { oneTimeTokens } from '../../db/schema/index.ts'
import type { KeyRing } from '../../lib/key-ring.ts'
import { selectLoginAccount } from '../login/login-account.ts'

/** The account of an address with what a login of it would open, or undefined. */
export async function findAccount(db: Database, email: string) {
  const [account] = await selectLoginAccount(db, email)
  return account
}

/** A link, and the account of its address, in one round trip. */
export async function findLink(db: Database, keys: KeyRing, tokenHash: string) {
  const email = sql<string>`(select t.email from one_time_tokens t
    where t.token_hash = ${tokenHash} and t.purpose = 'magic_link')`
  const [links, accounts] = await db.batch([
    db
      .select({
        id: oneTimeTokens.id,
        email: oneTimeTokens.email,
        usedAt: oneTimeTokens.usedAt,
        expiresAt: oneTimeTokens.expiresAt,
      })
      .from(oneTimeTokens)
      .where(
        and(
          eq(oneTimeTokens.tokenHash, tokenHash),
          eq(oneTimeTokens.purpose, 'magic_link'),
          hasActiveKey(keys),
        ),
      ),
    selectLoginAccount(db, email),
  ])
  return { link: links[0], account: accounts[0] }
}

/** The link that was mailed beside a code: whichever of the two was used, the other is. */
export function endLink(db: Database, challengeId: string, requestId: string, now: number) {
  return db
    .update(oneTimeTokens)
    .set({ usedAt: now, usedBy: requestId })
    .where(
      and(
        eq(oneTimeTokens.id, challengeId),
        eq(oneTimeTokens.purpose, 'magic_link'),
        isNull(oneTimeTokens.usedAt),
      ),
    )
}
