/** Calls that work for the routes of codes, invitations, members and addresses, each by people made for it alone. */
import { ownerIn, PASSWORD } from '../factories.ts'
import { memberHere } from '../features/personal-data/personal-data-client.ts'
import { makePng } from '../lib/image-samples.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  memberOf,
  type OwnerHere,
  ownerHere,
} from '../mailbox-client.ts'
import { mailedToken, type OpenSession, openSession } from '../session-client.ts'
import { API, call, expectStatus } from '../support/call.ts'
import type { Make } from './working-calls.ts'

/** A code for an address, and the body that uses it. */
export async function codeFor(email: string, purpose: 'login' | 'signup' = 'login') {
  const { flowId } = await askForCode(email, purpose)
  return { email, code: await mailedCode(email), flowId, tokenTransport: 'body' as const }
}

/** The link of the same mail, and the body that uses it. */
export async function linkFor(email: string, purpose: 'login' | 'signup' = 'login') {
  const { flowId } = await askForCode(email, purpose)
  const token = await mailedToken(email, 'magic_link')
  return { token, flowId, tokenTransport: 'body' as const }
}

/** Asks for another address; gives it and the code that was mailed to it. */
export async function changeAsked(session: Pick<OpenSession, 'accessToken'>, to = addressHere()) {
  const body = { newEmail: to, password: PASSWORD }
  expectStatus(await call(`${API}/account/email`, { token: session.accessToken, body }), 202)
  return { newEmail: to, code: await mailedCode(to, 'email_change_code') }
}

/** Moves the account to another address; gives the token that undoes it. */
export async function emailChanged(person: OwnerHere) {
  const { newEmail, code } = await changeAsked(person)
  const url = `${API}/account/email/verify`
  expectStatus(await call(url, { token: person.accessToken, body: { code } }), 200)
  return { newEmail, token: await mailedToken(person.email, 'revert_email') }
}

/** An owner with a second community, in a session of the first. */
export async function ownerOfTwo() {
  const first = await ownerIn('active')
  const second = await ownerIn('active', { email: first.email })
  const session = await openSession(first)
  const me = await call(`${API}/auth/me`, { token: session.accessToken })
  const here = (me.data.community as { id: string }).id
  const other = here === first.communityId ? second : first
  return { ...first, ...session, communityId: here, other }
}

const own = ({ slug }: { slug: string }, rest: string) =>
  `${API}/communities/${slug}${rest && `/${rest}`}`

const byOwner = async (rest: string, body?: Record<string, unknown>) => {
  const owner = await ownerHere()
  return { url: own(owner, rest), token: owner.accessToken, ...(body && { body }) }
}

async function withMember() {
  const owner = await ownerHere()
  return { owner, member: await memberOf(owner), token: owner.accessToken }
}

const onMember = async (body?: Record<string, unknown>) => {
  const { owner, member, token } = await withMember()
  return { url: own(owner, `members/${member.userId}`), token, ...(body && { body }) }
}

const person = async () => (await ownerIn('active')).email

export const WORKING_BY_MAIL: Record<string, Make> = {
  [`POST ${API}/auth/send-otp`]: async () => ({ body: { email: await person() } }),
  [`POST ${API}/auth/send-signup-otp`]: async () => ({ body: { email: addressHere() } }),
  [`POST ${API}/auth/verify-otp`]: async () => ({ body: await codeFor(await person()) }),
  [`POST ${API}/auth/verify-magic`]: async () => ({ body: await linkFor(await person()) }),
  [`DELETE ${API}/account`]: async () => {
    const { accessToken: token, password } = await memberHere()
    return { token, body: { password } }
  },
  [`GET ${API}/account/export`]: async () => ({ token: (await ownerHere()).accessToken }),
  [`POST ${API}/account/email`]: async () => {
    const { accessToken: token } = await ownerHere()
    return { token, body: { newEmail: addressHere(), password: PASSWORD } }
  },
  [`POST ${API}/account/email/verify`]: async () => {
    const owner = await ownerHere()
    return { token: owner.accessToken, body: { code: (await changeAsked(owner)).code } }
  },
  [`POST ${API}/auth/revert-email`]: async () => ({
    body: { token: (await emailChanged(await ownerHere())).token },
  }),
  [`POST ${API}/auth/switch-community`]: async () => {
    const { accessToken: token, other } = await ownerOfTwo()
    return { token, body: { communityId: other.communityId } }
  },
  [`POST ${API}/communities/:community/invitations`]: () =>
    byOwner('invitations', { email: addressHere(), role: 'Member' }),
  [`GET ${API}/communities/:community/invitations`]: () => byOwner('invitations'),
  [`DELETE ${API}/communities/:community/invitations/:invitationId`]: async () => {
    const owner = await ownerHere()
    const { id } = await invited(owner, addressHere())
    return { url: own(owner, `invitations/${id}`), token: owner.accessToken }
  },
  [`POST ${API}/auth/accept-invite`]: async () => {
    const { token } = await invited(await ownerHere(), addressHere())
    const who = { fullName: 'Joy Mensah', password: PASSWORD, tokenTransport: 'body' }
    return { body: { token, ...who, deviceToken: 'x' } }
  },
  [`POST ${API}/invitations/confirm`]: async () => {
    const invitee = await ownerHere()
    const { token } = await invited(await ownerHere(), invitee.email)
    return { token: invitee.accessToken, body: { token } }
  },
  [`GET ${API}/communities/:community`]: async () => ({
    url: `${API}/communities/${(await ownerIn('active')).slug}`,
  }),
  [`PATCH ${API}/communities/:community`]: () =>
    byOwner('', {
      communityBio: 'We meet each week now, in two cities.',
      country: 'India',
      city: 'Nashik',
      phoneCode: '+91',
      phoneNumber: '98765 43211',
      contactPhone: '+919876543211',
      socialLinks: { github: 'https://github.com/apexcircle' },
      timezone: 'Asia/Kolkata',
    }),
  [`DELETE ${API}/communities/:community`]: () => byOwner('', { password: PASSWORD }),
  [`PUT ${API}/communities/:community/logo`]: async () => ({
    ...(await byOwner('logo')),
    raw: makePng(4, 4),
  }),
  [`GET ${API}/communities/:community/logo`]: async () => {
    const owner = await ownerHere()
    const url = own(owner, 'logo')
    const options = { method: 'PUT', token: owner.accessToken, raw: makePng(4, 4) }
    return { url: String((await call(url, options)).data.logoUrl) }
  },
  [`DELETE ${API}/communities/:community/logo`]: () => byOwner('logo'),
  [`GET ${API}/communities/:community/members`]: () => byOwner('members'),
  [`PATCH ${API}/communities/:community/members/:userId`]: () => onMember({ role: 'Moderator' }),
  [`DELETE ${API}/communities/:community/members/:userId`]: () => onMember(),
  [`POST ${API}/communities/:community/owner`]: async () => {
    const { owner, member, token } = await withMember()
    return { url: own(owner, 'owner'), token, body: { userId: member.userId, password: PASSWORD } }
  },
  [`POST ${API}/communities/:community/leave`]: async () => {
    const { owner, member } = await withMember()
    return { url: own(owner, 'leave'), token: member.accessToken }
  },
}
