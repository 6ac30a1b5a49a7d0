/** What people do with codes, links, invitations, members and addresses: each prepares its own people, then acts on `env`. */
import { PASSWORD, postSignup, signupForm } from '../factories.ts'
import { memberIn } from '../features/members/member-client.ts'
import { deliverAll } from '../features/passwords/password-client.ts'
import { erase, exported } from '../features/personal-data/personal-data-client.ts'
import { makePng } from '../lib/image-samples.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  memberOf,
  type OwnerHere,
  otherCode,
  ownerHere,
  postAcceptance,
  postInvitation,
  useCode,
  useLink,
} from '../mailbox-client.ts'
import { mailedToken } from '../session-client.ts'
import { API, type CallOptions, call, expectStatus } from '../support/call.ts'

type Work = (env: Env) => Promise<void>

const SUSPENDED = "update communities set status = 'suspended' where id = ?"

export const WORK_OF_MEMBERS: Record<string, Work> = {
  'a code that signs in, one that does not, and one for an admin’s address': async (env) => {
    const { email } = await ownerHere()
    const { flowId } = await askForCode(email, 'login', { env })
    const code = await mailedCode(email)
    expectStatus(await useCode({ email, code: otherCode(code), flowId }, { env }), 400)
    expectStatus(await useCode({ email, code, flowId }, { env }), 200)
    expectStatus(await useCode({ email, code, flowId }, { env }), 400)
    await deliverAll(email, env)
  },
  'a link that signs in, in the wrong browser first': async (env) => {
    const { email } = await ownerHere()
    const { flowId } = await askForCode(email, 'login', { env })
    const token = await mailedToken(email, 'magic_link')
    expectStatus(await useLink({ token }, { env }), 403, 'wrong_browser')
    expectStatus(await useLink({ token, flowId: 'E'.repeat(43) }, { env }), 403, 'wrong_browser')
    expectStatus(await useLink({ token, flowId }, { env }), 200)
    expectStatus(await useLink({ token, flowId }, { env }), 400, 'token_used')
  },
  'a code that a gate stops': async (env) => {
    const { email, communityId } = await ownerHere()
    const { flowId } = await askForCode(email)
    await env.DB.prepare(SUSPENDED).bind(communityId).run()
    const body = { email, code: await mailedCode(email), flowId }
    expectStatus(await useCode(body, { env }), 403, 'community_suspended')
  },
  'a signup by code': async (env) => {
    const email = addressHere()
    const { flowId } = await askForCode(email, 'signup', { env })
    const { data } = await useCode({ email, code: await mailedCode(email), flowId }, { env })
    const { signupToken } = data
    const form = () => signupForm({ email, signupToken, password: undefined, confirmPassword: '' })
    expectStatus(await postSignup(form(), { env }), 201)
    expectStatus(await postSignup(form(), { env }), 400, 'token_used')
  },
  'an invitation: sent, repeated, delivered, listed and withdrawn': async (env) => {
    const owner = await ownerHere()
    const [email, other] = [addressHere(), addressHere()]
    const invite = (to: string) => postInvitation(owner, { email: to, role: 'Member' }, { env })
    for (const to of [email, other, email]) expectStatus(await invite(to), 201)
    await deliverAll(email, env)
    const list = (query: string) => ask(owner, env)(`/invitations${query}`)
    const page = await list('?limit=1')
    expectStatus(page, 200)
    expectStatus(await list(`?limit=1&cursor=${page.data.nextCursor}`), 200)
    const [first] = page.data.items as { id: string }[]
    const withdrawn = `/invitations/${first?.id}`
    expectStatus(await ask(owner, env)(withdrawn, { method: 'DELETE' }), 200)
    expectStatus(await ask(owner, env)(withdrawn, { method: 'DELETE' }), 404)
  },
  'an invitation that may not be sent': async (env) => {
    const owner = await ownerHere()
    const { email } = await memberOf(owner)
    const invite = (to: string) => postInvitation(owner, { email: to, role: 'Member' }, { env })
    expectStatus(await invite(email), 409, 'already_member')
    const often = addressHere()
    for (let n = 0; n < 5; n++) expectStatus(await invite(often), 201)
    expectStatus(await invite(often), 429)
  },
  'an invitation accepted by a new person': async (env) => {
    const { token } = await invited(await ownerHere(), addressHere())
    const body = { token, fullName: 'Joy Mensah', password: PASSWORD }
    expectStatus(await postAcceptance({ token: 'unknown' }, { env }), 400)
    expectStatus(await postAcceptance(body, { env }), 200)
    expectStatus(await postAcceptance(body, { env }), 400, 'token_used')
  },
  'an invitation accepted by one who is a member of nothing any more': async (env) => {
    const owner = await ownerHere()
    const { userId, email } = await memberOf(owner)
    expectStatus(await ask(owner, env)(`/members/${userId}`, { method: 'DELETE' }), 200)
    const { token } = await invited(owner, email)
    expectStatus(await postAcceptance({ token }, { env }), 200)
  },
  'an invitation confirmed, and the way to the other community and back': async (env) => {
    const [owner, me] = [await ownerHere(), await ownerHere()]
    const { token } = await invited(owner, me.email)
    const act = (path: string, body: object, accessToken = me.accessToken) =>
      call(`${API}${path}`, { body, token: accessToken, env })
    expectStatus(await postAcceptance({ token }, { env }), 409, 'account_exists')
    expectStatus(await act('/invitations/confirm', { token }, owner.accessToken), 403)
    expectStatus(await act('/invitations/confirm', { token }), 200)
    expectStatus(await act('/invitations/confirm', { token }), 400, 'token_used')
    const again = await invited(await ownerHere(), me.email)
    expectStatus(await act('/invitations/confirm', again), 200)
    const there = await act('/auth/switch-community', { communityId: owner.communityId })
    expectStatus(there, 200)
    const back = { communityId: me.communityId }
    expectStatus(await act('/auth/switch-community', back, String(there.data.accessToken)), 200)
  },
  'members listed, promoted and removed; one who leaves': async (env) => {
    const owner = await ownerHere()
    const [one, two] = [await memberOf(owner), await memberOf(owner)]
    const act = ask(owner, env)
    const page = await act('/members?limit=1')
    expectStatus(page, 200)
    expectStatus(await act(`/members?limit=1&cursor=${page.data.nextCursor}`), 200)
    const role = { method: 'PATCH', body: { role: 'Moderator' } }
    expectStatus(await act(`/members/${one.userId}`, role), 200)
    expectStatus(await act(`/members/${owner.userId}`, role), 409, 'last_owner')
    expectStatus(await act(`/members/${one.userId}`, { method: 'DELETE' }), 200)
    expectStatus(await act(`/members/${one.userId}`, { method: 'DELETE' }), 404)
    const leaving = { ...owner, accessToken: two.accessToken }
    expectStatus(await ask(leaving, env)('/leave', { method: 'POST' }), 200)
    expectStatus(await act('/leave', { method: 'POST' }), 409, 'last_owner')
  },
  'a card that everybody sees, and a profile that its owner changes': async (env) => {
    const owner = await ownerHere()
    const act = ask(owner, env)
    for (const name of [owner.slug, owner.communityId]) {
      expectStatus(await call(`${API}/communities/${name}`, { env }), 200)
    }
    const body = { city: 'Nashik', contactPhone: '', socialLinks: { twitter: '' }, timezone: null }
    expectStatus(await act('', { method: 'PATCH', body }), 200)
    expectStatus(await act('', { method: 'PATCH', body }), 200)
  },
  'a logo that is set, seen and taken away': async (env) => {
    const owner = await ownerHere()
    const act = ask(owner, env)
    const put = { method: 'PUT', raw: makePng(4, 4) }
    expectStatus(await act('/logo', put), 200)
    const { logoUrl } = (await act('/logo', put)).data
    expectStatus(await call(String(logoUrl), { env }), 200)
    expectStatus(await act('/logo', { method: 'DELETE' }), 200)
    expectStatus(await call(String(logoUrl), { env }), 404)
  },
  'a community that its owner closes, with people and invitations': async (env) => {
    const owner = await ownerHere()
    await memberOf(owner)
    await invited(owner, addressHere())
    const act = ask(owner, env)
    const close = (password: string) => act('', { method: 'DELETE', body: { password } })
    expectStatus(await close('no'), 403, 'wrong_password')
    expectStatus(await close(PASSWORD), 200)
  },
  'a community that its owner hands over': async (env) => {
    const owner = await ownerHere()
    const { userId } = await memberOf(owner)
    const act = ask(owner, env)
    const body = { userId, password: PASSWORD }
    expectStatus(await act('/owner', { body: { ...body, password: 'no' } }), 403, 'wrong_password')
    expectStatus(await act('/owner', { body: { ...body, userId: owner.communityId } }), 404)
    expectStatus(await act('/owner', { body }), 200)
  },
  'an address that changes, and comes back': async (env) => {
    const { email, accessToken: token } = await ownerHere()
    const newEmail = addressHere()
    const act = (path: string, body: object) => call(`${API}${path}`, { body, token, env })
    const change = { newEmail, password: PASSWORD }
    expectStatus(await act('/account/email', { ...change, newEmail: email }), 422)
    expectStatus(await act('/account/email', change), 202)
    await deliverAll(newEmail, env)
    const code = await mailedCode(newEmail, 'email_change_code')
    expectStatus(await act('/account/email/verify', { code: otherCode(code) }), 400)
    expectStatus(await act('/account/email/verify', { code }), 200)
    await deliverAll(email, env)
    const body = { token: await mailedToken(email, 'revert_email') }
    expectStatus(await call(`${API}/auth/revert-email`, { body, env }), 200)
    expectStatus(await call(`${API}/auth/revert-email`, { body, env }), 400, 'token_used')
  },
  'what is stored of a person, and erasing them': async (env) => {
    const owner = await ownerHere()
    const person = await memberIn(owner)
    expectStatus(await exported(person, { env }), 200)
    expectStatus(await erase({ ...owner, password: PASSWORD }, { env }), 409, 'last_owner')
    expectStatus(await erase({ ...person, password: 'no' }, { env }), 403, 'wrong_password')
    expectStatus(await erase(person, { env }), 200)
    await deliverAll(person.email, env)
  },
  'an address that somebody has, asked for too often': async (env) => {
    const { accessToken: token } = await ownerHere()
    const { email } = await ownerHere()
    const body = { newEmail: email, password: PASSWORD }
    const change = () => call(`${API}/account/email`, { body, token, env })
    for (let n = 0; n < 5; n++) expectStatus(await change(), 202)
    expectStatus(await change(), 429, 'rate_limited')
  },
}

/** Calls of an owner beneath the own community. */
function ask({ slug, accessToken: token }: Pick<OwnerHere, 'slug' | 'accessToken'>, env: Env) {
  return (path: string, options: CallOptions = {}) =>
    call(`${API}/communities/${slug}${path}`, { ...options, token, env })
}
