/** Strangers who guess keep strangers out: never the owner, on a browser that the account knows. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, users } from '../../../src/db/schema/index.ts'
import { LOCKED_UNTIL_RESET } from '../../../src/db/schema/users.ts'
import {
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
} from '../../factories.ts'
import { type OpenSession, openSession, userRow } from '../../session-client.ts'
import { type Answer, type CallOptions, cookiesOf, expectStatus } from '../../support/call.ts'
import { isKnown } from '../new-device/theft.ts'
import {
  askForCode,
  at,
  BLOCK_OVER,
  guessWrong,
  inboxOf,
  later,
  lock,
  MINUTE,
  mailedCode,
  NEW,
  PATIENT,
  postChange,
  postReset,
  resetLinkOf,
  SECOND,
} from '../passwords/password-client.ts'

/** What this browser sends from now on. */
const browserOf = (answer: Answer): CallOptions => ({
  headers: { Cookie: `__Host-device=${cookiesOf(answer)['__Host-device']}` },
})

const logIn = (email: string, options: CallOptions = {}, password = PASSWORD) =>
  postLogin({ email, password }, options)

async function expectLockedOut(email: string, password = PASSWORD): Promise<void> {
  expectStatus(await logIn(email, {}, password), 423, 'account_locked')
}

const approve = (communityId: string) =>
  db.update(communities).set({ status: 'approved' }).where(eq(communities.id, communityId))

const deviceIdOf = ({ deviceToken }: Pick<OpenSession, 'deviceToken'>) =>
  deviceToken.split('.')[0] ?? ''

describe('a new owner', () => {
  it('logs in for the first time though strangers locked the address before the link was opened', async () => {
    const { email, communityId } = await signedUp()
    await lock(email)
    const verification = await postVerification(await linkTokenOf(communityId))
    expectStatus(verification, 200)
    await approve(communityId)
    await expectLockedOut(email)
    expectStatus(await logIn(email, browserOf(verification)), 200)
    // Who knows the password only is a stranger still.
    await expectLockedOut(email)
  })

  it('and though they locked it after that, while the community was under review', async () => {
    const { email, communityId } = await signedUp()
    const verification = await postVerification(await linkTokenOf(communityId))
    await lock(email)
    const mine = browserOf(verification)
    expectStatus(await logIn(email, mine), 403, 'community_not_approved')
    await approve(communityId)
    expectStatus(await logIn(email, mine), 200)
    await expectLockedOut(email)
  })

  it('but not on the browser that signed up and never opened the link', async () => {
    const { email, communityId } = await signedUp()
    expectStatus(await postVerification(await linkTokenOf(communityId)), 200)
    await approve(communityId)
    await lock(email)
    const { deviceToken } = await openSession(await ownerIn('active'))
    const other = { headers: { Cookie: `__Host-device=${deviceToken}` } }
    expectStatus(await logIn(email, other), 423, 'account_locked')
  })
})

describe('a reset', () => {
  it('lets its browser in though strangers lock the address again one second later', async () => {
    const { email } = await ownerIn('active')
    await lock(email)
    const start = Date.now() + MINUTE
    const mine = await at(start, async () => {
      const answer = await postReset({ token: await resetLinkOf(email), password: NEW })
      expectStatus(answer, 200)
      return browserOf(answer)
    })
    await at(start + SECOND, () => guessWrong(email, 5))
    await at(start + SECOND + BLOCK_OVER, async () => {
      await guessWrong(email, 5)
      await expectLockedOut(email, NEW)
      expectStatus(await logIn(email, mine, NEW), 200)
      await expectLockedOut(email, NEW)
    })
  })

  it('makes a stranger of the thief’s device: what it fails counts with what strangers fail', async () => {
    const person = await ownerIn('active')
    const { email } = person
    const thief = await openSession(person)
    expect(await isKnown(email, deviceIdOf(thief))).toBe(true)
    const answer = await postReset({ token: await resetLinkOf(email), password: NEW })
    const start = Date.now() + MINUTE
    await at(start, async () => {
      expect(await isKnown(email, deviceIdOf(thief))).toBe(false)
      await guessWrong(email, 3, thief.deviceToken)
      await guessWrong(email, 2)
      // Five together: the thief is blocked with them, with the right password too.
      for (const deviceToken of [thief.deviceToken, undefined]) {
        const blocked = await postLogin({ email, password: NEW, deviceToken })
        expectStatus(blocked, 429, 'too_many_attempts')
      }
      expectStatus(await logIn(email, browserOf(answer), NEW), 200)
    })
    expect((await userRow(email)).lockUntil).toBe(start + 15 * MINUTE)
  })
})

describe('two accounts in one browser', () => {
  /** One device that both accounts know. */
  async function shared() {
    const [mine, theirs] = [await ownerIn('active'), await ownerIn('active')]
    const { deviceToken } = await openSession(mine)
    await openSession(theirs, { deviceToken })
    return { mine: mine.email, theirs: theirs.email, deviceToken }
  }

  it('fail apart: ten wrong passwords for one leave the other known and free', async () => {
    const { mine, theirs, deviceToken } = await shared()
    const start = Date.now()
    await at(start, async () => {
      await guessWrong(mine, 5, deviceToken)
      expectStatus(await postLogin({ email: mine, password: PASSWORD, deviceToken }), 429)
      expectStatus(await postLogin({ email: theirs, password: PASSWORD, deviceToken }), 200)
    })
    await at(start + BLOCK_OVER, async () => {
      await guessWrong(mine, 5, deviceToken)
      const id = deviceIdOf({ deviceToken })
      expect(await isKnown(mine, id)).toBe(false)
      expect(await isKnown(theirs, id)).toBe(true)
    })
    expect((await userRow(theirs)).failedLoginAttempts).toBe(0)
  })

  it('get in apart: each on its own lane while strangers have locked both', async () => {
    const { mine, theirs, deviceToken } = await shared()
    for (const email of [mine, theirs]) await lock(email)
    for (const email of [mine, theirs])
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 200)
    const other = await ownerIn('active')
    await lock(other.email)
    const third = { email: other.email, password: PASSWORD, deviceToken }
    expectStatus(await postLogin(third), 423, 'account_locked')
  })

  it('forget apart: a reset of one leaves the browser known to the other', async () => {
    const { mine, theirs, deviceToken } = await shared()
    expectStatus(await postReset({ token: await resetLinkOf(mine), password: NEW }), 200)
    await later(SECOND, async () => {
      expect(await isKnown(mine, deviceIdOf({ deviceToken }))).toBe(false)
      expect(await isKnown(theirs, deviceIdOf({ deviceToken }))).toBe(true)
    })
  })
})

describe('the strangers’ lock on record', () => {
  /** A person on a known device, whom strangers have locked out just now. */
  async function lockedOut() {
    const person = await ownerIn('active')
    const session = await openSession(person, { call: { env: PATIENT } })
    await lock(person.email)
    return { ...person, session, device: session.deviceToken }
  }
  const onRecord = async (email: string) => {
    const { lockUntil, failedLoginAttempts } = await userRow(email)
    return { lockUntil, failedLoginAttempts }
  }

  it('stays when a known device gets in; the failures since the last success are none', async () => {
    const { email, device } = await lockedOut()
    expect(await onRecord(email)).toEqual({
      lockUntil: LOCKED_UNTIL_RESET,
      failedLoginAttempts: 10,
    })
    expectStatus(await postLogin({ email, password: PASSWORD, deviceToken: device }), 200)
    expect(await onRecord(email)).toEqual({
      lockUntil: LOCKED_UNTIL_RESET,
      failedLoginAttempts: 0,
    })
    await expectLockedOut(email)
  })

  it('stays when a known device has the right password and a gate stops it', async () => {
    const { email, device, communityId } = await lockedOut()
    await db.update(communities).set({ status: 'suspended' }).where(eq(communities.id, communityId))
    const refused = await postLogin({ email, password: PASSWORD, deviceToken: device })
    expectStatus(refused, 403, 'community_suspended')
    expect((await onRecord(email)).lockUntil).toBe(LOCKED_UNTIL_RESET)
  })

  it('stays when a known device fails, until it is blocked itself and beyond', async () => {
    const { email, device } = await lockedOut()
    const start = Date.now()
    for (const moment of [start, start + BLOCK_OVER])
      await at(moment, () => guessWrong(email, 5, device))
    expect((await onRecord(email)).lockUntil).toBe(LOCKED_UNTIL_RESET)
  })

  it('stays when the password is changed by who is signed in, and holds', async () => {
    const { email, session } = await lockedOut()
    const change = { currentPassword: PASSWORD, newPassword: NEW }
    expectStatus(await postChange(session, change), 200)
    expect(await onRecord(email)).toEqual({
      lockUntil: LOCKED_UNTIL_RESET,
      failedLoginAttempts: 0,
    })
    await expectLockedOut(email, NEW)
  })

  it('stays when the password is changed by a mailed code', async () => {
    const { email, session } = await lockedOut()
    expectStatus(await askForCode(session), 202)
    const code = await mailedCode(email)
    expectStatus(await postChange(session, { code, newPassword: NEW }), 200)
    expect((await onRecord(email)).lockUntil).toBe(LOCKED_UNTIL_RESET)
    await expectLockedOut(email, NEW)
  })

  it('goes with a reset, by the link that told of it', async () => {
    const { email } = await lockedOut()
    const [mail] = await inboxOf(email, 'account_locked')
    const token = new URL(mail?.link ?? '').searchParams.get('token')
    expectStatus(await postReset({ token, password: NEW }), 200)
    expect(await onRecord(email)).toEqual({ lockUntil: null, failedLoginAttempts: 0 })
    expectStatus(await logIn(email, {}, NEW), 200)
  })

  it('and so a block: a known device lifts none, a stranger who gets in after it does', async () => {
    const person = await ownerIn('active')
    const { email } = person
    const { deviceToken } = await openSession(person)
    const start = Date.now()
    await at(start, async () => {
      await guessWrong(email, 5)
      expectStatus(await postLogin({ email, password: PASSWORD, deviceToken }), 200)
      expect((await onRecord(email)).lockUntil).toBe(start + 15 * MINUTE)
      expectStatus(await logIn(email), 429, 'too_many_attempts')
    })
    await at(start + BLOCK_OVER, async () => {
      expectStatus(await logIn(email), 200)
      expect(await onRecord(email)).toEqual({ lockUntil: null, failedLoginAttempts: 0 })
    })
  })

  it('is none where a stranger with the right password is stopped by a gate after the block', async () => {
    const { email } = await ownerIn('suspended')
    const start = Date.now()
    await at(start, () => guessWrong(email, 5))
    await at(start + BLOCK_OVER, async () => {
      expectStatus(await logIn(email), 403, 'community_suspended')
      expect(await onRecord(email)).toEqual({ lockUntil: null, failedLoginAttempts: 0 })
    })
  })

  it('is nobody else’s: other accounts have none', async () => {
    const other = await ownerIn('active')
    await lockedOut()
    expect(await onRecord(other.email)).toEqual({ lockUntil: null, failedLoginAttempts: 0 })
    await db.update(users).set({ lockUntil: 1 }).where(eq(users.email, other.email))
    // It mirrors the guard; the guard decides.
    expectStatus(await logIn(other.email), 200)
  })
})
