/** Who has moved to another address: what was written to the one before is theirs still, to take along and to erase. */
import { and, eq, inArray } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, outbox, users } from '../../../src/db/schema/index.ts'
import { personalData } from '../../../src/features/personal-data/schemas.ts'
import { db, linkTokenOf, ownerIn, PASSWORD, postVerification, signedUp } from '../../factories.ts'
import {
  addressHere,
  askForCode,
  invited,
  memberOf,
  ownerHere,
  postInvitation,
} from '../../mailbox-client.ts'
import { openSession } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { beforeBatch } from '../../support/faults.ts'
import { moved, postRevert } from '../email-change/change-client.ts'
import { later } from '../passwords/password-client.ts'
import { erase, exported } from './personal-data-client.ts'

/** Links and mails that have this address, by what they are. */
async function writtenTo(email: string): Promise<string[]> {
  const links = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
  const mails = await db
    .select()
    .from(outbox)
    .where(and(eq(outbox.email, email), eq(outbox.kind, 'mail')))
  return [...links.map(({ purpose }) => purpose), ...mails.map(({ template }) => template ?? '')]
}

/** A member whose address got a code before it had an account, invitations, and a signup that the account took over. */
async function memberWithHistory() {
  const email = addressHere()
  const [owner, other] = [await ownerHere(), await ownerHere()]
  await askForCode(email, 'signup')
  const member = await memberOf(owner, 'Member', { email, password: PASSWORD })
  expectStatus(await postInvitation(other, { email, role: 'Member' }), 201)
  const { communityId } = await signedUp({ email })
  expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
  return { ...member, session: member, password: PASSWORD }
}

async function exportOf(person: { accessToken: string }) {
  const answer = await exported(person)
  expectStatus(answer, 200)
  return personalData.parse(answer.data)
}

const KINDS = ['magic_link', 'invitation', 'verify_email', 'otp_code', 'signup_existing_account']

describe('who has moved to another address', () => {
  it('takes along what was written to the one before', async () => {
    const person = await memberWithHistory()
    expect(await writtenTo(person.email)).toEqual(expect.arrayContaining(KINDS))
    await moved(person, person.email)
    const { links, mails } = await exportOf(person)
    const told = [
      ...links.filter(({ email }) => email === person.email).map(({ purpose }) => purpose),
      ...mails.filter(({ to }) => to === person.email).map(({ template }) => template),
    ]
    expect(told.sort()).toEqual((await writtenTo(person.email)).sort())
  })

  it('and is erased from there too', async () => {
    const person = await memberWithHistory()
    await moved(person, person.email)
    expectStatus(await erase(person), 200)
    expect(await writtenTo(person.email)).toEqual([])
  })

  it('but a signup of the old address that nobody has verified keeps its link and its mail', async () => {
    const person = await memberWithHistory()
    const { communityId } = await signedUp({ email: person.email })
    await moved(person, person.email)
    const { links } = await exportOf(person)
    expect(links.filter(({ purpose }) => purpose === 'verify_email')).toHaveLength(1)
    const token = await linkTokenOf(communityId)
    expectStatus(await erase(person), 200)
    expect(await writtenTo(person.email)).toEqual(['verify_email', 'signup_existing_account'])
    expectStatus(await postVerification(token), 200)
  })

  it('keeps the invitations to the old address as good as they were', async () => {
    const person = await memberWithHistory()
    const { id } = await invited(await ownerHere(), person.email)
    const before = await linkRow(id)
    await moved(person, person.email)
    expect(await linkRow(id)).toEqual({ ...before, userId: person.userId })
  })

  it('and whoever takes the old address back takes along what came to the other one meanwhile, nothing older', async () => {
    const owner = await ownerIn('active')
    const person = { ...owner, session: await openSession(owner) }
    const inviting = await ownerHere()
    const to = addressHere()
    const { id: older } = await invited(inviting, to)
    const newer = await later(1000, async () => {
      const { undo } = await moved(person, person.email, { to })
      const { id } = await invited(await ownerHere(), to)
      expectStatus(await postRevert(undo), 200)
      return id
    })
    const rows = await db
      .select()
      .from(oneTimeTokens)
      .where(inArray(oneTimeTokens.id, [older, newer]))
    const holders = Object.fromEntries(rows.map(({ id, userId }) => [id, userId]))
    expect(holders).toEqual({ [older]: null, [newer]: person.session.userId })
    const mails = await db
      .select()
      .from(outbox)
      .where(inArray(outbox.tokenId, [older, newer]))
    const addressees = Object.fromEntries(mails.map(({ tokenId, userId }) => [tokenId, userId]))
    expect(addressees).toEqual(holders)
  })
})

describe('an undo that comes too late', () => {
  it.each([
    [
      'as its link is void by then',
      (userId: string) =>
        db
          .update(oneTimeTokens)
          .set({ usedAt: 1 })
          .where(and(eq(oneTimeTokens.userId, userId), eq(oneTimeTokens.purpose, 'revert_email'))),
    ],
    [
      'for an address that the account has left by then',
      (userId: string) =>
        db.update(users).set({ email: addressHere() }).where(eq(users.id, userId)),
    ],
  ])('names nobody, %s', async (_, change) => {
    const owner = await ownerIn('active')
    const person = { ...owner, session: await openSession(owner) }
    const { undo, newEmail } = await moved(person, person.email)
    const { id } = await invited(await ownerHere(), newEmail)
    const env = beforeBatch(0, () => change(person.session.userId))
    await postRevert(undo, { env })
    expect(await linkRow(id)).toMatchObject({ userId: null })
  })
})

async function linkRow(id: string) {
  const [row] = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.id, id))
  return row
}
