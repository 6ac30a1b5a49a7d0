/** A mailed token or code says by itself whose it is, where it leads and as what: nothing beside it in the request does. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Actor, BY_ROLE } from './authorisation-actors.ts'
import { ownerIn } from './factories.ts'
import { codeFor, emailChanged, linkFor } from './http/working-mail-calls.ts'
import { addressHere, invited, type OwnerHere, ownerHere } from './mailbox-client.ts'
import { userRow } from './session-client.ts'
import { type Answer, API, call, expectStatus } from './support/call.ts'

let victim: Actor
let owner: OwnerHere
beforeAll(async () => {
  victim = await BY_ROLE.CommunityOwner()
  owner = await ownerHere()
})

/** Somebody else, somewhere else, as more. */
const misleading = () => ({
  userId: victim.userId,
  user: { id: victim.userId, role: 'Admin' },
  communityId: victim.communityId,
  community: victim.communityId,
  sessionId: victim.sessionId,
  email: victim.email,
  newEmail: victim.email,
  role: 'CommunityOwner',
  emailVerified: true,
})

const post = (path: string, body: object, token?: string) => call(`${API}/${path}`, { body, token })

interface Mailed {
  path: string
  body: Record<string, unknown> & { token?: string }
  /** Of whoever is signed in, where somebody must be. */
  session?: string
  /** What the answer shows, but for what differs each time. */
  leads: object
}

const here = () => ({ id: owner.communityId, slug: owner.slug })

const MAILED: Record<string, () => Promise<Mailed>> = {
  'an invitation for somebody new': async () => {
    const email = addressHere()
    const { token } = await invited(owner, email)
    const leads = { user: { email, role: 'Member' }, community: here() }
    return { path: 'auth/accept-invite', body: { token, tokenTransport: 'body' }, leads }
  },
  'an invitation for somebody who is signed in': async () => {
    const invitee = await ownerHere()
    const { token } = await invited(owner, invitee.email, 'Moderator')
    const leads = { community: here(), role: 'Moderator' }
    return { path: 'invitations/confirm', body: { token }, session: invitee.accessToken, leads }
  },
  'a magic link': async () => {
    const { email, communityId } = await ownerIn('active')
    const leads = { user: { email, role: 'CommunityOwner' }, community: { id: communityId } }
    return { path: 'auth/verify-magic', body: await linkFor(email), leads }
  },
  'a link that takes an address back': async () => {
    const { token } = await emailChanged(await ownerHere())
    return { path: 'auth/revert-email', body: { token }, leads: {} }
  },
}
const KINDS = Object.keys(MAILED)

async function made(kind: string): Promise<Mailed> {
  const make = MAILED[kind]
  if (!make) throw new Error(`nothing is called ${kind}`)
  return make()
}

describe('a mailed token', () => {
  it.each(KINDS)('leads where it was to lead, whatever stands beside it: %s', async (kind) => {
    const { path, body, session, leads } = await made(kind)
    const before = await userRow(victim.email)
    const query = new URLSearchParams({ userId: victim.userId, communityId: victim.communityId })
    const answer = await post(`${path}?${query}`, { ...misleading(), ...body }, session)
    expectStatus(answer, 200)
    expect(answer.data ?? {}).toMatchObject(leads)
    expect(await userRow(victim.email)).toEqual(before)
  })

  it('that takes an address back gives it to the account that left it', async () => {
    const person = await ownerHere()
    const { newEmail, token } = await emailChanged(person)
    expectStatus(await post('auth/revert-email', { ...misleading(), token }), 200)
    expect(await userRow(person.email)).toMatchObject({ id: person.userId })
    await expect(userRow(newEmail)).rejects.toThrow()
  })

  it.each(KINDS)(
    'is nothing where one letter is another, and all such are told alike: %s',
    async (kind) => {
      const { path, body, session } = await made(kind)
      const token = String(body.token)
      const flipped = (at: number) =>
        `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
      const others = [
        ...[0, 1, Math.floor(token.length / 2), token.length - 2].map(flipped),
        token.slice(1),
        token.slice(0, -1),
        `${token}A`,
        `${token}.${token}`,
        token.toUpperCase(),
        'A'.repeat(token.length),
      ]
      const answers: Answer[] = []
      for (const other of others) answers.push(await post(path, { ...body, token: other }, session))
      const told = answers.map(({ status, json: { requestId: _, ...json } }) => ({ status, json }))
      expect(told[0]).toMatchObject({ status: 400, json: { code: 'token_invalid' } })
      for (const one of told) expect(one).toEqual(told[0])
      expectStatus(await post(path, body, session), 200)
    },
  )

  it('opens nothing that it is not for', async () => {
    for (const kind of KINDS) {
      const { body } = await made(kind)
      // The link of an invitation is one, whoever answers it.
      const isOther = (one: string) => one.slice(0, 13) !== kind.slice(0, 13)
      for (const other of KINDS.filter(isOther)) {
        const { path, session } = await made(other)
        const answer = await post(path, { ...body, tokenTransport: 'body' }, session)
        expect({ kind, other, ...seen(answer) }).toEqual({
          kind,
          other,
          status: 400,
          code: 'token_invalid',
        })
      }
    }
  })
})

const seen = ({ status, json }: Answer) => ({ status, code: json.code })

describe('a mailed code', () => {
  it('signs in whose address it was mailed to, whatever stands beside it', async () => {
    const { email } = await ownerIn('active')
    const { email: _, ...others } = misleading()
    const answer = await post('auth/verify-otp', { ...others, ...(await codeFor(email)) })
    expectStatus(answer, 200)
    expect(answer.data.user).toMatchObject({ email, role: 'CommunityOwner' })
  })

  it('is nothing for another address, and lives on for its own', async () => {
    const body = await codeFor((await ownerIn('active')).email)
    const answer = await post('auth/verify-otp', { ...body, email: victim.email })
    expectStatus(answer, 400, 'code_invalid')
    expectStatus(await post('auth/verify-otp', body), 200)
  })

  it('of one flow is nothing in another', async () => {
    const { email } = await ownerIn('active')
    const [mine, theirs] = [await codeFor(email), await codeFor(email)]
    const swapped = await post('auth/verify-otp', { ...mine, flowId: theirs.flowId })
    // One in a million times both are the same digits: then nothing was swapped.
    if (mine.code !== theirs.code) expectStatus(swapped, 400, 'code_invalid')
    expectStatus(await post('auth/verify-otp', mine), 200)
  })
})
