/**
 * For each code that a route may refuse with by its own rules a request that it refuses so: the routes of codes,
 * invitations, members and addresses, and signup. What every body or every session may be refused for is elsewhere.
 */
import { eq } from 'drizzle-orm'
import { type CommunityStatus, memberships, users } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { admin, db, PASSWORD, postSignup, signedUp, signupForm, unique } from '../factories.ts'
import { secondOwner } from '../features/members/member-client.ts'
import { guardOf, guessWrong, lock } from '../features/passwords/password-client.ts'
import {
  addressHere,
  invited,
  memberOf,
  type OwnerHere,
  otherCode,
  ownerHere,
  postAcceptance,
  useCode,
  useLink,
} from '../mailbox-client.ts'
import { API, call, expectStatus } from '../support/call.ts'
import {
  addressOf,
  codeTimeAgo,
  gates,
  links,
  type Make,
  type Makers,
  proofs,
  type Refused,
  setStatus,
  setUser,
  weekAgo,
} from './refusal-makers.ts'
import { REFUSALS_OF_ADMINS } from './refusals-of-admins.ts'
import { changeAsked, codeFor, emailChanged, linkFor, ownerOfTwo } from './working-mail-calls.ts'

const signInLink = async () => linkFor(await addressOf())

/** A proof that the address is one's own, of a person without an account. */
async function proofOf(email: string): Promise<string> {
  const answer = await useCode(await codeFor(email, 'signup'))
  expectStatus(answer, 200)
  return String(answer.data.signupToken)
}

async function provenForm() {
  const email = addressHere()
  const signupToken = await proofOf(email)
  return { ...signupForm({ email }), signupToken }
}

async function repeatedKey() {
  const headers = { 'Idempotency-Key': unique() }
  await postSignup(signupForm(), { headers })
  return { headers, body: signupForm() }
}

/** The address of an admin: nobody gets it by a mail. */
async function asAdmins(email: string) {
  const { id } = await admin()
  await db.update(users).set({ email }).where(eq(users.id, id))
}

/** An invitation, made now or with the clock of then. */
const invitation = async (email = addressHere()) => {
  const owner = await ownerHere()
  return { ...owner, ...(await invited(owner, email)) }
}

const suspendedInvitation = async (email?: string) => {
  const { communityId, token } = await invitation(email)
  await setStatus(communityId, 'suspended')
  return token
}

const byAdmin = async (body?: object): Promise<Refused> => ({
  token: (await admin()).token,
  ...(body && { body }),
})

/** By the invitee, who is signed in. */
const confirming =
  (get: (email: string, owner: OwnerHere) => Promise<string>): Make =>
  async () => {
    const invitee = await ownerHere()
    return { token: invitee.accessToken, body: { token: await get(invitee.email, invitee) } }
  }

const own = ({ slug }: OwnerHere, rest: string) => `${API}/communities/${slug}/${rest}`

/** A request to one's own community. */
const inOwn =
  (make: (owner: OwnerHere) => Promise<{ rest: string; body?: object }>): Make =>
  async () => {
    const owner = await ownerHere()
    const { rest, body } = await make(owner)
    return { url: own(owner, rest), token: owner.accessToken, ...(body && { body }) }
  }

/** To the community `x`, which is none of theirs. */
const elsewhere =
  (body?: object): Make =>
  async () => ({ token: (await ownerHere()).accessToken, ...(body && { body }) })

/** A change that waits for its code, once something has become of the account. */
const changing =
  (
    become: (owner: OwnerHere, asked: { newEmail: string; code: string }) => Promise<unknown>,
  ): Make =>
  async () => {
    const owner = await ownerHere()
    const asked = await changeAsked(owner)
    await become(owner, asked)
    return { token: owner.accessToken, body: { code: asked.code } }
  }

/** An owner who may go, because there is another. */
async function oneOfTwoOwners(): Promise<OwnerHere> {
  const owner = await ownerHere()
  await secondOwner(owner)
  return owner
}

const lastOwner = (body?: object) =>
  inOwn(async ({ userId }) => ({ rest: `members/${userId}`, ...(body && { body }) }))

const toOther =
  (status: CommunityStatus): Make =>
  async () => {
    const { accessToken: token, other } = await ownerOfTwo()
    await setStatus(other.communityId, status)
    return { token, body: { communityId: other.communityId } }
  }

const MODERATOR = { role: 'Moderator' }
const nobody = () => newId(Date.now())
const guest = (email = addressHere()) => ({ email, role: 'Member' })

export const REFUSALS: Record<string, Makers> = {
  [`POST ${API}/auth/signup-community`]: {
    ...links(provenForm, postSignup, 'signupToken'),
    // For another community: what the first one holds is told before.
    token_used: async () => {
      const { email, signupToken } = await provenForm()
      expectStatus(await postSignup(signupForm({ email, signupToken })), 201)
      return { body: signupForm({ email, signupToken }) }
    },
    account_exists: async () => {
      const body = await provenForm()
      await asAdmins(body.email)
      return { body }
    },
    password_rejected: async () => ({
      body: signupForm({ password: 'Password1!', confirmPassword: 'Password1!' }),
    }),
    email_rejected: async () => ({ body: signupForm({ email: 'mira@mailinator.com' }) }),
    community_exists: async () => ({ body: (await signedUp()).form }),
    idempotency_key_reused: repeatedKey,
  },
  [`POST ${API}/auth/verify-otp`]: {
    ...gates(codeFor),
    code_invalid: async () => {
      const { code, ...body } = await codeFor(await addressOf())
      return { body: { ...body, code: otherCode(code) } }
    },
    code_expired: async () => ({ body: await codeTimeAgo(async () => codeFor(await addressOf())) }),
  },
  [`POST ${API}/auth/verify-magic`]: {
    ...gates(linkFor),
    ...links(signInLink, useLink),
    wrong_browser: async () => ({ body: { token: (await signInLink()).token } }),
  },
  [`POST ${API}/auth/accept-invite`]: {
    ...links(async () => ({ token: (await invitation()).token }), postAcceptance),
    password_rejected: async () => ({
      body: { token: (await invitation()).token, password: 'Password1!' },
    }),
    account_exists: async () => ({
      body: { token: (await invitation(await addressOf())).token },
    }),
    community_suspended: async () => ({ body: { token: await suspendedInvitation() } }),
  },
  [`POST ${API}/invitations/confirm`]: {
    forbidden: () => byAdmin({ token: 'x' }),
    invite_user_mismatch: confirming(async () => (await invitation()).token),
    already_member: confirming(async (email, { userId }) => {
      const { communityId, token } = await invitation(email)
      await db.insert(memberships).values({ userId, communityId, role: 'Member', createdAt: 1 })
      return token
    }),
    token_invalid: confirming(async () => 'x'),
    token_expired: confirming(async (email) => (await weekAgo(() => invitation(email))).token),
    token_used: confirming(async (email, { accessToken }) => {
      const { token } = await invitation(email)
      const url = `${API}/invitations/confirm`
      expectStatus(await call(url, { token: accessToken, body: { token } }), 200)
      return token
    }),
    community_suspended: confirming(suspendedInvitation),
  },
  [`POST ${API}/communities/:community/invitations`]: {
    email_rejected: inOwn(async () => ({ rest: 'invitations', body: guest('a@mailinator.com') })),
    already_member: inOwn(async ({ email }) => ({ rest: 'invitations', body: guest(email) })),
    forbidden: () => byAdmin(guest()),
    not_found: elsewhere(guest()),
  },
  [`GET ${API}/communities/:community/invitations`]: {
    forbidden: byAdmin,
    not_found: elsewhere(),
  },
  [`DELETE ${API}/communities/:community/invitations/:invitationId`]: {
    forbidden: byAdmin,
    not_found: inOwn(async () => ({ rest: `invitations/${nobody()}` })),
  },
  [`GET ${API}/communities/:community/members`]: { forbidden: byAdmin, not_found: elsewhere() },
  [`PATCH ${API}/communities/:community/members/:userId`]: {
    forbidden: () => byAdmin(MODERATOR),
    not_found: inOwn(async () => ({ rest: `members/${nobody()}`, body: MODERATOR })),
    last_owner: lastOwner(MODERATOR),
  },
  [`DELETE ${API}/communities/:community/members/:userId`]: {
    forbidden: byAdmin,
    not_found: inOwn(async () => ({ rest: `members/${nobody()}` })),
    last_owner: lastOwner(),
  },
  [`POST ${API}/communities/:community/owner`]: {
    ...proofs(async (owner) => ({
      url: own(owner, 'owner'),
      body: { userId: (await memberOf(owner)).userId },
    })),
    forbidden: () => byAdmin({ userId: nobody(), password: PASSWORD }),
    not_found: inOwn(async () => ({
      rest: 'owner',
      body: { userId: nobody(), password: PASSWORD },
    })),
  },
  [`GET ${API}/communities/:community`]: { not_found: async () => ({}) },
  [`PATCH ${API}/communities/:community`]: {
    forbidden: () => byAdmin({ city: 'Nashik' }),
    not_found: elsewhere({ city: 'Nashik' }),
  },
  [`DELETE ${API}/communities/:community`]: {
    ...proofs(async ({ slug }) => ({ url: `${API}/communities/${slug}`, body: {} })),
    forbidden: () => byAdmin({ password: PASSWORD }),
    not_found: elsewhere({ password: PASSWORD }),
  },
  [`GET ${API}/communities/:community/logo`]: { not_found: async () => ({}) },
  [`PUT ${API}/communities/:community/logo`]: { forbidden: byAdmin, not_found: elsewhere() },
  [`DELETE ${API}/communities/:community/logo`]: { forbidden: byAdmin, not_found: elsewhere() },
  [`POST ${API}/communities/:community/leave`]: {
    forbidden: byAdmin,
    not_found: elsewhere(),
    last_owner: inOwn(async () => ({ rest: 'leave' })),
  },
  [`DELETE ${API}/account`]: {
    ...proofs(async () => ({ body: {} }), oneOfTwoOwners),
    forbidden: () => byAdmin({ password: PASSWORD, closeCommunity: true }),
    last_owner: async () => ({
      token: (await ownerHere()).accessToken,
      body: { password: PASSWORD },
    }),
  },
  [`POST ${API}/account/email`]: {
    ...proofs(async () => ({ body: { newEmail: addressHere() } })),
    email_rejected: async () => ({
      token: (await ownerHere()).accessToken,
      body: { newEmail: 'mira@mailinator.com', password: PASSWORD },
    }),
  },
  [`POST ${API}/account/email/verify`]: {
    account_exists: changing(async (_, { newEmail }) =>
      setUser(await addressOf(), { email: newEmail }),
    ),
    code_invalid: elsewhere({ code: '000000' }),
    code_expired: async () => {
      const { accessToken: token, code } = await codeTimeAgo(async () => {
        const owner = await ownerHere()
        return { ...owner, ...(await changeAsked(owner)) }
      })
      return { token, body: { code } }
    },
    account_locked: changing(async ({ email }) => {
      // On a device that is known no stranger's failures count.
      await guardOf(email).change({ kind: 'forget', before: Date.now() })
      await lock(email)
    }),
    too_many_attempts: changing(({ email, deviceToken }) => guessWrong(email, 5, deviceToken)),
  },
  [`POST ${API}/auth/revert-email`]: links(
    async () => ({ token: (await emailChanged(await ownerHere())).token }),
    (body) => call(`${API}/auth/revert-email`, { body }),
  ),
  [`POST ${API}/auth/switch-community`]: {
    community_not_approved: toOther('under_review'),
    community_rejected: toOther('rejected'),
    community_suspended: toOther('suspended'),
    forbidden: () => byAdmin({ communityId: nobody() }),
    not_found: elsewhere({ communityId: nobody() }),
  },
  ...REFUSALS_OF_ADMINS,
}
