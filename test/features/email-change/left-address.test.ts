import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createAdmin, findAddressOwner, inviteAdmin } from '../../../scripts/create-admin.ts'
import { oneTimeTokens, users } from '../../../src/db/schema/index.ts'
import { loadArgon2 } from '../../../src/lib/argon2.ts'
import { createPasswords } from '../../../src/lib/passwords.ts'
import {
  db,
  linkTokenOf,
  PASSWORD,
  postSignup,
  postVerification,
  signedUp,
  signupForm,
} from '../../factories.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  memberOf,
  ownerHere,
  postAcceptance,
  useCode,
} from '../../mailbox-client.ts'
import { communityLine, database, runImport, userLine } from '../../scripts/import-world.ts'
import { outboxOf, userRow } from '../../session-client.ts'
import { type Answer, expectStatus } from '../../support/call.ts'
import { later, mailsOf, postForgot, signedIn } from '../passwords/password-client.ts'
import { asked, confirm, DAY, moved, postRevert } from './change-client.ts'

const passwords = createPasswords({
  argon2: loadArgon2,
  peppers: [{ version: 1, secret: crypto.getRandomValues(new Uint8Array(32)) }],
})

/** An address that an account has left just now, with the link that brings it back. */
async function leftAddress(email = addressHere()) {
  const person = await signedIn()
  await moved(person, person.email, { to: email })
  const { undo } = await moved(person, email)
  return { email, undo, userId: person.session.userId }
}

/** Every way in which somebody could make the address an account, as far as it goes now. */
const DOORS: Record<string, (email: string) => Promise<Answer>> = {
  'the link of a signup': async (email) => {
    const { communityId } = await signedUp({ email })
    return postVerification(await linkTokenOf(communityId))
  },
  'an invitation': async (email) => {
    const { token } = await invited(await ownerHere(), email)
    return postAcceptance({ token, fullName: 'Eve', password: PASSWORD })
  },
  'the change of another person’s address': async (email) => {
    const person = await signedIn()
    const { code } = await asked(person, email)
    return confirm(person.session, code)
  },
}

describe('an address that an account has left', () => {
  describe('is nobody else’s while its undo link lives', () => {
    it.each(['the link of a signup', 'an invitation'])('through %s', async (door) => {
      const { email, undo, userId } = await leftAddress()
      expectStatus((await DOORS[door]?.(email)) as Answer, 409, 'account_exists')
      expect(await accountsOf(email)).toEqual([])
      expectStatus(await postRevert(undo), 200)
      expect(await accountsOf(email)).toEqual([userId])
    })

    it('and what was refused uses nothing up: the link of a signup works once the week is over', async () => {
      const { email } = await leftAddress()
      await later(7 * DAY - 60_000, async () => {
        const { communityId } = await signedUp({ email })
        const token = await linkTokenOf(communityId)
        expectStatus(await postVerification(token), 409, 'account_exists')
        await later(120_000, async () => expectStatus(await postVerification(token), 200))
      })
    })

    it('by a code: neither to log in nor to sign up is one mailed, and the answers are the usual ones', async () => {
      const { email } = await leftAddress()
      const before = await outboxOf(email)
      for (const purpose of ['login', 'signup'] as const) {
        const { answer } = await askForCode(email, purpose)
        expect(answer.data).toEqual({ flowId: expect.any(String), expiresIn: 300 })
      }
      expect(await outboxOf(email)).toEqual(before)
    })

    it('with a signup token that was given before it was anybody’s: 409, and the token lives on', async () => {
      const email = addressHere()
      const { flowId } = await askForCode(email, 'signup')
      const given = await useCode({ email, code: await mailedCode(email), flowId })
      const { signupToken } = given.data
      const { undo } = await leftAddress(email)
      const form = signupForm({ email, signupToken, password: undefined, confirmPassword: '' })
      expectStatus(await postSignup(form), 409, 'account_exists')
      expect(await accountsOf(email)).toEqual([])
      const [row] = await db
        .select()
        .from(oneTimeTokens)
        .where(eq(oneTimeTokens.email, email))
        .then((rows) => rows.filter(({ purpose }) => purpose === 'signup'))
      expect(row).toMatchObject({ usedAt: null })
      // Brought back, it is an account: the same token then gives that account the community.
      expectStatus(await postRevert(undo), 200)
      expectStatus(await postSignup(form), 201)
    })

    it('nor by the import of people', async () => {
      const { email } = await leftAddress()
      const community = communityLine()
      const { counts, refused } = await runImport([community, userLine(community.name, { email })])
      expect(counts).toMatchObject({ accounts: 0, memberships: 0, refused: 1 })
      expect(refused).toMatchObject([{ line: 2 }])
      expect(await accountsOf(email)).toEqual([])
    })

    it('nor as an admin: neither with a password nor by mail', async () => {
      const { email } = await leftAddress()
      const now = Date.now()
      expect(await findAddressOwner(database, email, now)).toBe('someone')
      const admin = { email, password: 'purple elephants dance slowly' }
      expect(await createAdmin({ db: database, passwords, now }, admin)).toBe(false)
      expect(await inviteAdmin({ db: database, now }, email)).toBe('someone')
      expect(await accountsOf(email)).toEqual([])
      expect(await mailsOf(email, 'set_password')).toEqual([])
    })

    it('and no reset goes to it: it is no account', async () => {
      const { email } = await leftAddress()
      expectStatus(await postForgot(email), 202)
      expect(await mailsOf(email, 'password_reset')).toEqual([])
    })
  })

  describe('is free', () => {
    it.each(Object.keys(DOORS))('a week later, through %s', async (door) => {
      const { email } = await leftAddress()
      await later(7 * DAY, async () => {
        const answer = (await DOORS[door]?.(email)) as Answer
        expectStatus(answer, 200)
        expect(await accountsOf(email)).toHaveLength(1)
      })
    })

    it('a week later, by the import and for an admin', async () => {
      const [one, two] = [await leftAddress(), await leftAddress()]
      await later(7 * DAY, async () => {
        const community = communityLine()
        const line = userLine(community.name, { email: one.email })
        expect((await runImport([community, line])).counts.accounts).toBe(1)
        const now = Date.now()
        expect(await inviteAdmin({ db: database, now }, two.email)).toBe('made')
      })
    })

    it('a week later for the link too: it takes no address away from who has it by then', async () => {
      const { email, undo } = await leftAddress()
      await later(7 * DAY, async () => {
        const owner = await ownerHere({ email })
        expectStatus(await postRevert(undo), 400, 'token_expired')
        expect((await userRow(email)).id).toBe(owner.userId)
      })
    })

    it('at once where its link was used and it was left for good: only living links hold it', async () => {
      const person = await signedIn()
      const { newEmail, undo } = await moved(person, person.email)
      expectStatus(await postRevert(undo), 200)
      const member = await memberOf(await ownerHere(), 'Member', { email: newEmail })
      expect(member.userId).not.toBe(person.session.userId)
    })
  })
})

/** Ids of the accounts of an address. */
async function accountsOf(email: string): Promise<string[]> {
  const rows = await db.select().from(users).where(eq(users.email, email))
  return rows.filter(({ emailVerifiedAt }) => emailVerifiedAt !== null).map(({ id }) => id)
}
