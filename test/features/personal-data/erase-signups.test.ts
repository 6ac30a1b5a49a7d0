/** What signups have left of somebody, in the log and among the links, goes with them. */
import { describe, expect, it } from 'vitest'
import { auditLogs } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import {
  communityRow,
  db,
  linkTokenOf,
  PASSWORD,
  postSignup,
  postVerification,
  signupForm,
  unique,
} from '../../factories.ts'
import { addressHere, memberOf, ownerHere } from '../../mailbox-client.ts'
import { auditOf, openSession } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { allRows } from '../../support/database-rows.ts'
import { auditIn, memberIn, setStatus } from '../members/member-client.ts'
import { inboxOf } from '../passwords/password-client.ts'
import { proven, provenForm } from '../signup/proof-client.ts'
import { erase, memberHere } from './personal-data-client.ts'

/** What the score calls suspicious. */
const odd = () => ({
  communityName: `Win at ${unique()}.com`,
  officialEmail: `win.${unique()}@gmail.com`,
})

/** Signs up from `ip`; gives the community. */
async function signUpFrom(ip: string, form: object): Promise<string> {
  const answer = await postSignup(form, { ip, headers: { 'User-Agent': `Browser at ${ip}` } })
  expectStatus(answer, 201)
  return String(answer.data.communityId)
}

const verify = async (communityId: string) =>
  expectStatus(await postVerification(await linkTokenOf(communityId)), 200)

/** A signed-in owner of an active community who signed up from `ip`. */
async function ownerFrom(ip: string, overrides: object = {}) {
  const form = signupForm({ ...overrides })
  const communityId = await signUpFrom(ip, form)
  await verify(communityId)
  await setStatus(communityId, 'active')
  const slug = String((await communityRow(communityId))?.slug)
  return { ...form, form, slug, communityId, ...(await openSession(form)) }
}

const closing = ({ password }: { password: string }) => ({
  body: { password, closeCommunity: true },
})

/** All that is stored, but for what has yet to go out and what the local inbox shows. */
async function everything(): Promise<string> {
  const { outbox: _, dev_mails: __, ...rows } = await allRows()
  return JSON.stringify(rows)
}

describe('DELETE /api/v1/account', () => {
  it('leaves no client address where a suspicious signup is on record', async () => {
    const ip = '203.0.113.90'
    const owner = await ownerFrom(ip, odd())
    const suspicions = await auditIn(owner.communityId, 'suspicious_signup')
    expect(suspicions).toMatchObject([{ userId: owner.userId, ip }])
    expectStatus(await erase(owner, closing(owner)), 200)
    expect(await everything()).not.toContain(ip)
  })

  it('nor where that record names nobody, as it once did', async () => {
    const ip = '203.0.113.91'
    const owner = await ownerFrom(ip)
    const [signup] = await auditIn(owner.communityId, 'community_signup')
    if (!signup) throw new Error('the signup is not on record')
    const id = newId(signup.createdAt)
    await db.insert(auditLogs).values({ ...signup, id, action: 'suspicious_signup', userId: null })
    expectStatus(await erase(owner, closing(owner)), 200)
    expect(await everything()).not.toContain(ip)
  })

  it('but what others did at that very moment keeps theirs', async () => {
    const owner = await ownerFrom('203.0.113.96')
    const [signup] = await auditIn(owner.communityId, 'community_signup')
    if (!signup) throw new Error('the signup is not on record')
    const other = { ...signup, action: 'login_failed' as const, userId: null, ip: '203.0.113.97' }
    const rows = [
      { ...other, id: newId(signup.createdAt), requestId: 'another' },
      { ...other, id: newId(signup.createdAt), actorId: newId(signup.createdAt) },
    ]
    await db.insert(auditLogs).values(rows)
    expectStatus(await erase(owner, closing(owner)), 200)
    const left = await auditIn(owner.communityId, 'login_failed')
    expect(left.map(({ ip }) => ip)).toEqual(['203.0.113.97', '203.0.113.97'])
  })

  it.each([
    ['by the mailed link', '203.0.113.92', false],
    ['by code', '203.0.113.93', true],
  ])('nor of a signup that the account took over %s', async (_, ip, isByCode) => {
    const address = addressHere()
    const signup = isByCode ? await proven(address) : undefined
    const person = await memberOf(await ownerHere(), 'Member', {
      email: address,
      password: PASSWORD,
    })
    const { email } = person
    if (signup) await signUpFrom(ip, provenForm(email, signup.signupToken))
    else await verify(await signUpFrom(ip, signupForm({ email, ...odd() })))
    const proofs = await auditOf(person.userId)
    expect(proofs).toContainEqual(
      expect.objectContaining({ action: 'email_verified', details: { handedOver: true } }),
    )
    expect(await everything()).toContain(ip)
    await inboxOf(email)
    expectStatus(await erase({ ...person, password: PASSWORD }), 200)
    const left = await everything()
    expect(left).not.toContain(ip)
    expect(left).not.toContain(email)
  })

  it('of nobody but who signed up: whoever was invited leaves the signup of the community alone', async () => {
    const ip = '203.0.113.94'
    const owner = await ownerFrom(ip, odd())
    const person = await memberIn(owner)
    expectStatus(await erase(person), 200)
    expect(await auditIn(owner.communityId, 'community_signup')).toMatchObject([{ ip }])
    expect(await auditIn(owner.communityId, 'suspicious_signup')).toMatchObject([{ ip }])
  })

  it('and a signup of the address that nobody has verified keeps its link', async () => {
    const person = await memberHere()
    const communityId = await signUpFrom('203.0.113.95', signupForm({ email: person.email }))
    const token = await linkTokenOf(communityId)
    expectStatus(await erase(person), 200)
    expectStatus(await postVerification(token), 200)
  })
})
