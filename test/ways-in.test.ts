/**
 * Each way in, for each state that an account can be in (ASVS 6.3.4): one table. What stops a password stops code and
 * link with the same answer; what only a stranger's guesses brought about stops no device that the account knows.
 */
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { FAILURES_UNTIL_RESET, oneTimeTokens } from '../src/db/schema/index.ts'
import { deriveCode, deriveLinkToken, newLinkToken } from '../src/lib/tokens.ts'
import { admin, db, PASSWORD, postLogin, signedUp } from './factories.ts'
import {
  challengeIdsOf,
  codeMailsTo,
  postSend,
  signIn,
} from './features/one-time-codes/sign-in-client.ts'
import { keys, lock } from './features/passwords/password-client.ts'
import { invited, type OwnerHere, ownerHere, postAcceptance, useCode } from './mailbox-client.ts'
import { livingSessionsOf } from './session-client.ts'
import {
  leakOf,
  leaveAll,
  type Prepared,
  prepared,
  setUser,
  verdictOf,
  WAY_NAMES,
  WAYS,
  type Way,
} from './ways-in-world.ts'

interface State {
  become: (who: Prepared) => Promise<unknown>
  via?: 'known device'
  answers: Record<Way, string>
}

/** Whoever has an account logs in and confirms. */
const HAS_ACCOUNT = '409 account_exists'
const GOES_ON = { refresh: '200', switch: '200', accept: HAS_ACCOUNT, confirm: '200' }

const STATES: Record<string, State> = {
  'in order': {
    become: async () => undefined,
    answers: { password: '200', code: '200', link: '200', ...GOES_ON },
  },
  disabled: {
    become: ({ userId }) => setUser(userId, { disabledAt: 1 }),
    answers: {
      password: '403 account_disabled',
      code: '403 account_disabled',
      link: '403 account_disabled',
      refresh: '403 refresh_invalid',
      switch: '401 session_ended',
      accept: HAS_ACCOUNT,
      confirm: '401 session_ended',
    },
  },
  'blocked by strangers': {
    become: ({ owner }) => guess(owner.email, 5),
    answers: {
      password: '429 too_many_attempts',
      code: '429 too_many_attempts',
      link: '429 too_many_attempts',
      ...GOES_ON,
    },
  },
  'locked by strangers': {
    become: ({ owner }) => lock(owner.email),
    answers: {
      password: '423 account_locked',
      code: '423 account_locked',
      link: '423 account_locked',
      ...GOES_ON,
    },
  },
  'locked by strangers, from a device that it knows': {
    become: ({ owner }) => lock(owner.email),
    via: 'known device',
    answers: { password: '200', code: '200', link: '200', ...GOES_ON },
  },
  'with its password switched off': {
    become: ({ userId }) => setUser(userId, { failedLoginAttempts: FAILURES_UNTIL_RESET }),
    // Only the password has been guessed at a hundred times: who holds the mailbox gets in without it.
    answers: { password: '423 account_locked', code: '200', link: '200', ...GOES_ON },
  },
  'without a password': {
    become: ({ userId }) => setUser(userId, { passwordHash: null }),
    answers: { password: '401 invalid_credentials', code: '200', link: '200', ...GOES_ON },
  },
  'a member of nothing': {
    become: ({ userId }) => leaveAll(userId),
    answers: {
      password: '403 no_membership',
      code: '403 no_membership',
      link: '403 no_membership',
      refresh: '403 refresh_invalid',
      switch: '401 session_ended',
      // Nobody could log in to confirm: the invitation brings the account back.
      accept: '200',
      confirm: '401 session_ended',
    },
  },
  'disabled and a member of nothing': {
    become: async ({ userId }) => {
      await setUser(userId, { disabledAt: 1 })
      await leaveAll(userId)
    },
    answers: {
      password: '403 account_disabled',
      code: '403 account_disabled',
      link: '403 account_disabled',
      refresh: '403 refresh_invalid',
      switch: '401 session_ended',
      accept: HAS_ACCOUNT,
      confirm: '401 session_ended',
    },
  },
  'disabled, and locked by strangers': {
    become: async ({ userId, owner }) => {
      await setUser(userId, { disabledAt: 1 })
      await lock(owner.email)
    },
    // The guard comes first: the state of the account is told to nobody whom it has not let through.
    answers: {
      password: '423 account_locked',
      code: '423 account_locked',
      link: '423 account_locked',
      refresh: '403 refresh_invalid',
      switch: '401 session_ended',
      accept: HAS_ACCOUNT,
      confirm: '401 session_ended',
    },
  },
}

async function guess(email: string, times: number) {
  for (let n = 0; n < times; n++) await postLogin({ email, password: 'Wrong-Harbour-99' })
}

describe('each way in', () => {
  describe.each(Object.entries(STATES))(
    'to an account that is %s',
    (_, { become, via, answers }) => {
      let inviter: OwnerHere
      beforeAll(async () => {
        inviter = await ownerHere()
      })

      it.each(WAY_NAMES)('%s', async (way) => {
        const who = await prepared(way, inviter)
        await become(who)
        const before = (await livingSessionsOf(who.userId)).length
        const answer = await WAYS[way](who, via ?? 'stranger')
        expect({ [way]: verdictOf(answer), body: answer.text }).toEqual({
          [way]: answers[way],
          body: answer.text,
        })
        expect(await leakOf(answer, who, before)).toBeUndefined()
      })
    },
  )

  it('gives code and link the gate of the password, but where the password itself is what is wrong', () => {
    for (const [state, { answers }] of Object.entries(STATES)) {
      const { password, code, link } = answers
      expect([state, link]).toEqual([state, code])
      if (!/password/.test(state)) expect([state, code]).toEqual([state, password])
    }
  })
})

describe('each way in to an account that nobody has verified', () => {
  it('tells who has the password to confirm the address', async () => {
    const { email } = await signedUp()
    const answer = await postLogin({ email, password: PASSWORD })
    expect(verdictOf(answer)).toBe('403 email_not_verified')
  })

  it('mails no code to log in with, and takes none', async () => {
    const { email } = await signedUp()
    const { data } = await postSend({ email })
    expect(await codeMailsTo(email)).toEqual([])
    const body = { email, code: '123456', flowId: data.flowId }
    expect(verdictOf(await useCode(body))).toBe('400 code_invalid')
  })

  it('lets who is invited in, as a new account that has nothing of the signup', async () => {
    const { email } = await signedUp()
    const { token } = await invited(await ownerHere(), email)
    const answer = await postAcceptance({ token, tokenTransport: 'body' })
    expect(verdictOf(answer)).toBe('200')
    expect(answer.data).toMatchObject({ user: { email, role: 'Member' } })
    const before = await postLogin({ email, password: PASSWORD })
    expect(verdictOf(before)).toBe('403 email_not_verified')
  })
})

describe('each way in to an admin', () => {
  /** Code and link of a challenge that nobody is mailed, made by hand with the keys themselves. */
  async function forged(email: string) {
    const { data } = await postSend({ email })
    const [id = ''] = await challengeIdsOf(email)
    const row = newLinkToken(keys, 'magic_link', { now: Date.now(), ttlSeconds: 300, id })
    await db.insert(oneTimeTokens).values({ ...row, email })
    const { signingVersion } = keys
    const code = String(deriveCode(keys, id, signingVersion))
    const token = String(deriveLinkToken(keys, 'link.magic_link', id, signingVersion))
    return { email, code, token, flowId: String(data.flowId), cookie: '' }
  }

  it('is the password', async () => {
    const { email } = await admin()
    expect(verdictOf(await postLogin({ email, password: PASSWORD }))).toBe('200')
  })

  it.each([
    ['code', '400 code_invalid'],
    ['link', '400 token_invalid'],
  ] as const)('is no %s, not even a genuine one', async (way, refusal) => {
    const { email, id } = await admin()
    const answer = await signIn(way, await forged(email), { tokenTransport: 'hybrid' })
    expect(verdictOf(answer)).toBe(refusal)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await livingSessionsOf(id)).toHaveLength(1)
  })

  it('is no invitation', async () => {
    const { email, id } = await admin()
    const { token } = await invited(await ownerHere(), email)
    expect(verdictOf(await postAcceptance({ token }))).toBe(HAS_ACCOUNT)
    const [row] = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.email, email))
    expect(row).toMatchObject({ usedAt: null })
    expect(await livingSessionsOf(id)).toHaveLength(1)
  })
})
