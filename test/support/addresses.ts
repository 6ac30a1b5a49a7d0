/** Every kind of address that nobody may tell from one that nobody has. */
import { hashSync } from 'bcryptjs'
import { eq } from 'drizzle-orm'
import {
  type CommunityStatus,
  communities,
  FAILURES_UNTIL_RESET,
  memberships,
  users,
} from '../../src/db/schema/index.ts'
import { PENDING_LIFETIME_MS } from '../../src/features/signup/pending.ts'
import { admin, db, ownerIn, PASSWORD, signedUp } from '../factories.ts'
import { at, HOUR, lock } from '../features/passwords/password-client.ts'
import { addressHere, invited, mailedCode, memberOf, ownerHere } from '../mailbox-client.ts'
import { openSession, userRow } from '../session-client.ts'
import { API, call, expectStatus } from './call.ts'

/** Makes a new address of the kind, and gives it. */
type MakeAddress = () => Promise<string>

const ownerOf =
  (status: CommunityStatus): MakeAddress =>
  async () =>
    (await ownerIn(status)).email

const accountWith =
  (columns: Partial<typeof users.$inferInsert>): MakeAddress =>
  async () => {
    const { id, email } = await userRow((await ownerIn('active')).email)
    await db.update(users).set(columns).where(eq(users.id, id))
    return email
  }

/** So long ago that what was mailed then is counted no more. */
const theDayBefore = <T>(run: () => Promise<T>): Promise<T> => at(Date.now() - 25 * HOUR, run)

/** An account changes its address; gives the one that it left and the one that it has now. */
async function changeAddress(): Promise<{ left: string; taken: string }> {
  const { email, accessToken: token } = await ownerHere()
  const taken = addressHere()
  const body = { newEmail: taken, password: PASSWORD }
  expectStatus(await call(`${API}/account/email`, { body, token }), 202)
  const code = await mailedCode(taken, 'email_change_code')
  expectStatus(await call(`${API}/account/email/verify`, { body: { code }, token }), 200)
  return { left: email, taken }
}

const LOCKED = 'a locked account'

/** By what a test says of it. */
export const ADDRESSES: Record<string, MakeAddress> = {
  'an account': ownerOf('active'),
  'an account that is logged in': async () => {
    const owner = await ownerIn('active')
    await openSession(owner)
    return owner.email
  },
  'a signup that nobody has verified': async () => (await signedUp()).email,
  'a signup that nobody verified in its week': async () => {
    const { communityId, email } = await signedUp()
    const createdAt = Date.now() - PENDING_LIFETIME_MS
    await db.update(communities).set({ createdAt }).where(eq(communities.id, communityId))
    return email
  },
  'an account with another signup that waits': async () => {
    const { email } = await ownerIn('active')
    await signedUp({ email })
    return email
  },
  'the owner of a pending community': ownerOf('pending'),
  'the owner of a community under review': ownerOf('under_review'),
  'the owner of an approved community': ownerOf('approved'),
  'the owner of a rejected community': ownerOf('rejected'),
  'the owner of a suspended community': ownerOf('suspended'),
  'a disabled account': accountWith({ disabledAt: 1 }),
  [LOCKED]: async () => {
    const { email } = await ownerIn('active')
    await lock(email)
    return email
  },
  'an account whose password is switched off': accountWith({
    failedLoginAttempts: FAILURES_UNTIL_RESET,
  }),
  'an account without a password': accountWith({ passwordHash: null }),
  'an account with an imported bcrypt hash': accountWith({ passwordHash: hashSync(PASSWORD, 4) }),
  'an account whose hash nobody can read': accountWith({ passwordHash: '$unknown$' }),
  'an account that reads Chinese': accountWith({ locale: 'zh' }),
  'an account without a membership': async () => {
    const { id, email } = await userRow((await ownerIn('active')).email)
    await db.delete(memberships).where(eq(memberships.userId, id))
    return email
  },
  'a person whom an invitation has brought': async () =>
    (await theDayBefore(async () => memberOf(await ownerHere()))).email,
  'a person who is invited and has not answered': async () => {
    const email = addressHere()
    await theDayBefore(async () => invited(await ownerHere(), email))
    return email
  },
  'the new address of an account': async () => (await theDayBefore(changeAddress)).taken,
  'an address that its account has left and may take back': async () =>
    (await theDayBefore(changeAddress)).left,
  'an admin': async () => (await admin()).email,
}

export const KINDS = Object.keys(ADDRESSES)

/** Those whose failures begin at none, as an unknown address's do. */
export const KINDS_NOT_LOCKED = KINDS.filter((kind) => kind !== LOCKED)

export async function addressOf(kind: string): Promise<string> {
  const make = ADDRESSES[kind]
  if (!make) throw new Error(`there is no kind of address called ${kind}`)
  return make()
}
