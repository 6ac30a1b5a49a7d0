/** POST /admin/users/:id/disable and …/enable. */
import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../src/lib/ids.ts'
import { admin, ownerIn, PASSWORD, postLogin, signedUp } from '../../factories.ts'
import {
  askForCode,
  invited,
  mailedCode,
  memberOf,
  ownerHere,
  postAcceptance,
  useCode,
  useLink,
} from '../../mailbox-client.ts'
import {
  livingSessionsOf,
  mailedToken,
  me,
  openSession,
  postRefresh,
  userRow,
} from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingDatabase, lostAnswer } from '../../support/faults.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'
import { NEW, postReset, resetLinkOf } from '../passwords/password-client.ts'
import { act, recordsOf, shownIn } from './user-client.ts'

let helper: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  helper = await admin()
})

const logIn = (email: string, password = PASSWORD) => postLogin({ email, password })
const isDisabled = async (email: string) => (await userRow(email)).disabledAt !== null

describe('POST /api/v1/admin/users/:id/disable', () => {
  describe('works', () => {
    it('shuts somebody out at once: access token, refresh, login', async () => {
      const owner = await ownerHere()
      const answer = await act(helper, 'disable', owner.userId, { body: { reason: 'Spam.' } })
      expectStatus(answer, 200)
      expect(shownIn(answer)).toMatchObject({
        id: owner.userId,
        disabledAt: expect.stringMatching(/Z$/),
        livingSessions: 0,
      })
      expectStatus(await me(owner.accessToken), 401, 'session_ended')
      expectStatus(await postRefresh(owner.refreshToken), 403, 'refresh_invalid')
      expectStatus(await logIn(owner.email), 403, 'account_disabled')
    })

    it('is on record with what was before and after, and why', async () => {
      const owner = await ownerHere()
      await openSession(owner)
      await act(helper, 'disable', owner.userId, { body: { reason: ' Spam. ' } })
      expect(await recordsOf(owner.userId, 'account_disabled')).toEqual([
        {
          actorId: helper.id,
          before: { disabled: false, sessions: 2 },
          after: { disabled: true, sessions: 0 },
          reason: 'Spam.',
        },
      ])
    })

    it.each([
      ['without a body', undefined],
      ['with an empty one', {}],
    ])('%s too: no reason is on record then', async (_, body) => {
      const { email } = await ownerIn('active')
      const { id } = await userRow(email)
      expectStatus(await act(helper, 'disable', id, { body }), 200)
      expect(await recordsOf(id, 'account_disabled')).toMatchObject([{ reason: null }])
    })

    it('makes everything that is on its way to somebody no way in', async () => {
      const [host, owner] = [await ownerHere(), await ownerHere()]
      const { email, userId } = owner
      const { token: invitation } = await invited(host, email)
      const { flowId } = await askForCode(email)
      const code = await mailedCode(email)
      const token = await mailedToken(email, 'magic_link')
      const reset = await resetLinkOf(email)
      await act(helper, 'disable', userId)
      const body = { flowId, tokenTransport: 'body' }
      expectStatus(await useLink({ token, ...body }), 403, 'account_disabled')
      expectStatus(await useCode({ email, code, ...body }), 400, 'code_invalid')
      expectStatus(await postAcceptance({ token: invitation }), 409, 'account_exists')
      expectStatus(await postReset({ token: reset, password: NEW }), 200)
      expectStatus(await logIn(email, NEW), 403, 'account_disabled')
      expect(await livingSessionsOf(userId)).toEqual([])
      expect(await isDisabled(email)).toBe(true)
    })

    it('leaves their communities to those who are in them, also without another owner', async () => {
      const owner = await ownerHere()
      const member = await memberOf(owner)
      expectStatus(await act(helper, 'disable', owner.userId), 200)
      expectStatus(await me(member.accessToken), 200)
    })

    it('works on another admin', async () => {
      const other = await admin()
      expectStatus(await act(helper, 'disable', other.id), 200)
      const list = await call(`${API}/admin/communities`, { token: other.token })
      expectStatus(list, 401, 'session_ended')
    })
  })

  describe('refuses', () => {
    it('oneself: so an admin always stays', async () => {
      const one = await admin()
      expectStatus(await act(one, 'disable', one.id), 409, 'invalid_transition')
      expectStatus(await me(one.token), 200)
      expect(await recordsOf(one.id, 'account_disabled')).toEqual([])
    })

    it('whoever is disabled already, and who has no account yet', async () => {
      const { userId } = await ownerHere()
      expectStatus(await act(helper, 'disable', userId), 200)
      const again = await act(helper, 'disable', userId)
      expectStatus(again, 409, 'invalid_transition')
      expect(again.json.message).toBe('This account is disabled already.')
      const signup = await userRow((await signedUp()).email)
      const answer = await act(helper, 'disable', signup.id)
      expectStatus(answer, 409, 'invalid_transition')
      expect(answer.json.message).toMatch(/not verified/)
      expect((await userRow(signup.email)).disabledAt).toBeNull()
    })

    it.each([newId(1), 'x'])('%s, whom nobody knows', async (id) => {
      expectStatus(await act(helper, 'disable', id), 404, 'not_found')
    })

    it('a reason that is no text or too long, and whoever is no admin', async () => {
      const owner = await ownerHere()
      for (const reason of [1, 'x'.repeat(1001)]) {
        const answer = await act(helper, 'disable', owner.userId, { body: { reason } })
        expectStatus(answer, 422, 'validation_failed')
      }
      const { userId } = await ownerHere()
      const answer = await act({ token: owner.accessToken }, 'disable', userId)
      expectStatus(answer, 403, 'forbidden')
      expectStatus(await me(owner.accessToken), 200)
    })
  })

  describe('is safe', () => {
    it('of twenty at once one wins: one line on record', async () => {
      const owner = await ownerHere()
      const answers = await race(20, () => act(helper, 'disable', owner.userId))
      expectExactlyOne(answers, '200', '409 invalid_transition')
      expect(await recordsOf(owner.userId, 'account_disabled')).toHaveLength(1)
    })

    it('two admins who disable each other at once: one stays', async () => {
      for (let round = 0; round < 5; round++) {
        const [one, other] = [await admin(), await admin()]
        const answers = await race(10, (n) =>
          n % 2 === 0 ? act(one, 'disable', other.id) : act(other, 'disable', one.id),
        )
        expect(tally(answers)['200']).toBe(1)
        const gone = [await isDisabled(one.email), await isDisabled(other.email)]
        expect(gone.filter(Boolean)).toHaveLength(1)
      }
    })

    it('an admin who is disabled at that very moment disables nobody', async () => {
      const [one, other] = [await admin(), await admin()]
      const env = beforeBatch(0, () => act(other, 'disable', one.id))
      expectStatus(await act(one, 'disable', other.id, { env }), 401, 'session_ended')
      expect(await isDisabled(other.email)).toBe(false)
      expectStatus(await me(other.token), 200)
    })

    it('whoever logs in as they are disabled has no session afterwards', async () => {
      const owner = await ownerHere()
      const env = beforeBatch(0, () => openSession(owner))
      expectStatus(await act(helper, 'disable', owner.userId, { env }), 200)
      expect(await livingSessionsOf(owner.userId)).toEqual([])
      const answers = await race(6, (n) =>
        n === 3 ? act(helper, 'enable', owner.userId) : logIn(owner.email),
      )
      expect(answers.filter(({ status }) => status >= 500)).toEqual([])
    })

    it('a batch that fails at any statement changes nothing', async () => {
      const { userId, accessToken, email } = await ownerHere()
      for (let k = 0; k < 5; k++) {
        const { env } = failingBatch(0, k)
        expectStatus(await act(helper, 'disable', userId, { env }), 503, 'unavailable')
      }
      const env = failingDatabase()
      expectStatus(await act(helper, 'disable', userId, { env }), 503, 'unavailable')
      expectStatus(await me(accessToken), 200)
      expect(await isDisabled(email)).toBe(false)
      expect(await recordsOf(userId, 'account_disabled')).toEqual([])
      const whole = failingBatch(0)
      expectStatus(await act(helper, 'disable', userId, { env: whole.env }), 200)
      expect(whole.sizes[0]).toBe(5)
    })

    it('a committed change whose answer was lost says 503, then 409, and happened once', async () => {
      const { userId } = await ownerHere()
      const answer = await act(helper, 'disable', userId, { env: lostAnswer(0) })
      expectStatus(answer, 503, 'unavailable')
      expectStatus(await act(helper, 'disable', userId), 409, 'invalid_transition')
      expect(await recordsOf(userId, 'account_disabled')).toHaveLength(1)
    })
  })
})

describe('POST /api/v1/admin/users/:id/enable', () => {
  const disabled = async () => {
    const owner = await ownerHere()
    expectStatus(await act(helper, 'disable', owner.userId), 200)
    return owner
  }

  it('lets somebody log in again; sessions that have ended stay so', async () => {
    const owner = await disabled()
    const answer = await act(helper, 'enable', owner.userId)
    expectStatus(answer, 200)
    expect(shownIn(answer)).toMatchObject({ id: owner.userId, disabledAt: null })
    expectStatus(await me(owner.accessToken), 401, 'session_ended')
    expectStatus(await postRefresh(owner.refreshToken), 403, 'refresh_invalid')
    expectStatus(await logIn(owner.email), 200)
    expect(await recordsOf(owner.userId, 'account_enabled')).toEqual([
      { actorId: helper.id, before: { disabled: true }, after: { disabled: false } },
    ])
  })

  it('of twenty at once one wins', async () => {
    const { userId } = await disabled()
    const answers = await race(20, () => act(helper, 'enable', userId))
    expectExactlyOne(answers, '200', '409 invalid_transition')
    expect(await recordsOf(userId, 'account_enabled')).toHaveLength(1)
  })

  it('refuses who is not disabled, and whom nobody knows', async () => {
    const { userId } = await ownerHere()
    expectStatus(await act(helper, 'enable', userId), 409, 'invalid_transition')
    expectStatus(await act(helper, 'enable', newId(1)), 404, 'not_found')
  })

  it('disabled and enabled by two at once: what is on record is what happened', async () => {
    for (let round = 0; round < 3; round++) {
      const { userId, email } = await ownerHere()
      await race(10, (n) => act(helper, n % 2 === 0 ? 'disable' : 'enable', userId))
      const off = await recordsOf(userId, 'account_disabled')
      const on = await recordsOf(userId, 'account_enabled')
      expect(await isDisabled(email)).toBe(off.length === on.length + 1)
    }
  })

  it('a batch that fails at any statement changes nothing', async () => {
    const { userId, email } = await disabled()
    for (let k = 0; k < 4; k++) {
      const { env } = failingBatch(0, k)
      expectStatus(await act(helper, 'enable', userId, { env }), 503, 'unavailable')
    }
    expect(await isDisabled(email)).toBe(true)
    expect(await recordsOf(userId, 'account_enabled')).toEqual([])
  })
})
