/** How the requests of refusals.ts are made: the right one of somebody, after which something has become of them. */
import { eq } from 'drizzle-orm'
import {
  type CommunityStatus,
  communities,
  FAILURES_UNTIL_RESET,
  memberships,
  users,
} from '../../src/db/schema/index.ts'
import type { ErrorCode } from '../../src/http/error-codes.ts'
import { db, ownerIn, PASSWORD } from '../factories.ts'
import {
  askForCode,
  at,
  guessWrong,
  HOUR,
  lock,
  MINUTE,
  WRONG,
} from '../features/passwords/password-client.ts'
import { mailedCode, type OwnerHere, ownerHere } from '../mailbox-client.ts'
import { type CallOptions, expectStatus } from '../support/call.ts'

/** The request, but for method and path where those are the route's own. */
export type Refused = Pick<CallOptions, 'body' | 'token' | 'headers'> & { url?: string }
export type Make = () => Promise<Refused>
export type Makers = Partial<Record<ErrorCode, Make>>

const DAY = 24 * HOUR
/** A code that was mailed then works no more. */
export const codeTimeAgo = <T>(run: () => Promise<T>) => at(Date.now() - 6 * MINUTE, run)
export const weekAgo = <T>(run: () => Promise<T>) => at(Date.now() - 8 * DAY, run)

export const addressOf = async () => (await ownerIn('active')).email
export const setStatus = (id: string, status: CommunityStatus) =>
  db.update(communities).set({ status }).where(eq(communities.id, id))
export const setUser = (email: string, change: Partial<typeof users.$inferInsert>) =>
  db.update(users).set(change).where(eq(users.email, email))

/** The same body, once something has become of its account. */
const once =
  (
    get: (email: string) => Promise<object>,
    become: (owner: { email: string; communityId: string }) => Promise<unknown>,
  ): Make =>
  async () => {
    const owner = await ownerIn('active')
    const body = await get(owner.email)
    await become(owner)
    return { body }
  }

/** What stops whoever has the right code or link. */
export const gates = (get: (email: string) => Promise<object>): Makers => ({
  community_not_approved: once(get, ({ communityId }) => setStatus(communityId, 'under_review')),
  community_rejected: once(get, ({ communityId }) => setStatus(communityId, 'rejected')),
  community_suspended: once(get, ({ communityId }) => setStatus(communityId, 'suspended')),
  no_membership: once(get, ({ communityId }) =>
    db.delete(memberships).where(eq(memberships.communityId, communityId)),
  ),
  account_disabled: once(get, ({ email }) => setUser(email, { disabledAt: 1 })),
  account_locked: once(get, ({ email }) => lock(email)),
  too_many_attempts: once(get, ({ email }) => guessWrong(email, 5)),
})

/** Of a link that comes back: one that is none, one whose time is over, and one that was used. */
export const links = <Body extends object>(
  get: () => Promise<Body>,
  use: (body: Body) => Promise<unknown>,
  field = 'token',
): Makers => ({
  token_invalid: async () => ({ body: { ...(await get()), [field]: 'x' } }),
  token_expired: async () => ({ body: await weekAgo(get) }),
  token_used: async () => {
    const body = await get()
    await use(body)
    return { body }
  },
})

/** What a second proof is refused for; `ask`: where to, and what for, by somebody who is signed in: `make` says who. */
export const proofs = (
  ask: (person: OwnerHere) => Promise<{ url?: string; body: object }>,
  make: () => Promise<OwnerHere> = () => ownerHere(),
): Makers => {
  const withProof = async (person: OwnerHere, proof: object): Promise<Refused> => {
    const { body, ...where } = await ask(person)
    return { token: person.accessToken, ...where, body: { ...body, ...proof } }
  }
  const right = { password: PASSWORD }
  return {
    wrong_password: async () => withProof(await make(), { password: WRONG }),
    code_invalid: async () => withProof(await make(), { code: '000000' }),
    code_expired: async () => {
      const person = await codeTimeAgo(async () => {
        const owner = await make()
        expectStatus(await askForCode(owner), 202)
        return owner
      })
      return withProof(person, { code: await mailedCode(person.email) })
    },
    account_locked: async () => {
      const person = await make()
      await setUser(person.email, { failedLoginAttempts: FAILURES_UNTIL_RESET })
      return withProof(person, right)
    },
    too_many_attempts: async () => {
      const person = await make()
      await guessWrong(person.email, 5, person.deviceToken)
      return withProof(person, right)
    },
  }
}
