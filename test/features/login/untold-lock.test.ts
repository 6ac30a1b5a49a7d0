/** A lock may begin with nobody at hand to tell of it. Whoever meets it next makes up for that, once. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { LOCKED_UNTIL_RESET } from '../../../src/db/schema/users.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import { userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { failingBatch } from '../../support/faults.ts'
import { race } from '../../support/race.ts'
import {
  auditRowsOf,
  BLOCK_OVER,
  guardOf,
  guessWrong,
  later,
  MINUTE,
  mailsOf,
  NEW,
  postReset,
  resetLinkOf,
  unknownAddress,
  WRONG,
} from '../passwords/password-client.ts'

const mails = (email: string) => mailsOf(email, 'account_locked')

async function locksOf(email: string) {
  return auditRowsOf(String((await userRow(email)).id), 'account_locked')
}

/** Right after the answer: what is done beside it has then been done too. */
async function meetLock(email: string) {
  expectStatus(await postLogin({ email, password: PASSWORD }), 423, 'account_locked')
}

/** Nine wrong passwords, and what `last` does at the tenth. */
async function toTheTenth(email: string, last: () => Promise<void>) {
  await guessWrong(email, 5)
  await later(BLOCK_OVER, async () => {
    await guessWrong(email, 4)
    await last()
  })
}

describe('a lock that nobody told of', () => {
  it('as the database failed at the tenth wrong password, is told by the next who meets it', async () => {
    const { email } = await ownerIn('active')
    await toTheTenth(email, async () => {
      const fault = failingBatch(1, 0)
      const answer = await postLogin({ email, password: WRONG }, { env: fault.env })
      expectStatus(answer, 503, 'unavailable')
      expect(await mails(email)).toHaveLength(0)
    })
    await later(BLOCK_OVER + MINUTE, () => meetLock(email))
    expect(await mails(email)).toHaveLength(1)
    expect(await locksOf(email)).toHaveLength(1)
    expect((await userRow(email)).lockUntil).toBe(LOCKED_UNTIL_RESET)
  })

  it('as the worker died within the tenth attempt, too: its place lapses into a failure', async () => {
    const { email } = await ownerIn('active')
    await toTheTenth(email, async () => {
      const verdict = await guardOf(email).begin({ deviceId: null, blockSeconds: 900 })
      expect(verdict.kind).toBe('granted')
    })
    await later(BLOCK_OVER + MINUTE, () => meetLock(email))
    expect(await mails(email)).toHaveLength(1)
    expect(await locksOf(email)).toHaveLength(1)
  })

  it('is told once, however many meet it at once and again', async () => {
    const { email } = await ownerIn('active')
    await toTheTenth(email, async () => {
      await guardOf(email).begin({ deviceId: null, blockSeconds: 900 })
    })
    await later(BLOCK_OVER + MINUTE, async () => {
      await race(8, () => postLogin({ email, password: PASSWORD }))
      await meetLock(email)
    })
    expect(await mails(email)).toHaveLength(1)
    expect(await locksOf(email)).toHaveLength(1)
  })

  it('brings a link that unlocks', async () => {
    const { email } = await ownerIn('active')
    await toTheTenth(email, async () => {
      await guardOf(email).begin({ deviceId: null, blockSeconds: 900 })
    })
    await later(BLOCK_OVER + MINUTE, async () => {
      await meetLock(email)
      const [mail] = await mails(email)
      expect(mail?.tokenId).toBeTruthy()
      const token = await resetLinkOf(email)
      expectStatus(await postReset({ token, password: NEW }), 200)
      expectStatus(await postLogin({ email, password: NEW }), 200)
    })
  })

  it('of an address without an account tells nobody and writes nothing of it', async () => {
    const email = unknownAddress()
    await toTheTenth(email, async () => {
      await guardOf(email).begin({ deviceId: null, blockSeconds: 900 })
    })
    await later(BLOCK_OVER + MINUTE, () => meetLock(email))
    expect(await mails(email)).toHaveLength(0)
    expect(await db.select().from(users).where(eq(users.email, email))).toEqual([])
  })
})

describe('a lock that was told', () => {
  it('is not told again by who meets it, not even a day later', async () => {
    const { email } = await ownerIn('active')
    await toTheTenth(email, () => guessWrong(email, 1).then(() => undefined))
    for (const hours of [1, 30])
      await later(BLOCK_OVER + hours * 60 * MINUTE, () => meetLock(email))
    expect(await mails(email)).toHaveLength(1)
    expect(await locksOf(email)).toHaveLength(1)
  })
})
