import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../src/lib/ids.ts'
import { admin } from '../../factories.ts'
import { memberOf, ownerHere } from '../../mailbox-client.ts'
import { livingSessionsOf, me, openSession, postRefresh, sessionRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingDatabase } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import { act, recordsOf, shownIn } from './user-client.ts'

let helper: Awaited<ReturnType<typeof admin>>
beforeAll(async () => {
  helper = await admin()
})

const sessionsOf = (n: number) => ({ sessions: n })

describe('POST /api/v1/admin/users/:id/revoke-sessions', () => {
  describe('works', () => {
    it('ends every session of that person at once, and nobody else’s', async () => {
      const owner = await ownerHere()
      const member = await memberOf(owner)
      const second = await openSession(owner)
      const answer = await act(helper, 'revoke-sessions', owner.userId)
      expectStatus(answer, 200)
      expect(shownIn(answer)).toMatchObject({ id: owner.userId, livingSessions: 0 })
      for (const { accessToken, refreshToken, id } of [owner, second]) {
        expectStatus(await me(accessToken), 401, 'session_ended')
        expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
        expect(await sessionRow(id)).toMatchObject({ revokeReason: 'revoked_by_admin' })
      }
      expectStatus(await me(member.accessToken), 200)
      expectStatus(await me(helper.token), 200)
    })

    it('is on record with how many there were', async () => {
      const owner = await ownerHere()
      await openSession(owner)
      await act(helper, 'revoke-sessions', owner.userId)
      await act(helper, 'revoke-sessions', owner.userId)
      const record = { actorId: helper.id, scope: 'all', after: sessionsOf(0) }
      expect(await recordsOf(owner.userId, 'session_revoked')).toEqual([
        { ...record, before: sessionsOf(2) },
        { ...record, before: sessionsOf(0) },
      ])
    })

    it('keeps nobody from logging in again', async () => {
      const owner = await ownerHere()
      await act(helper, 'revoke-sessions', owner.userId)
      expectStatus(await me((await openSession(owner)).accessToken), 200)
    })

    it('ends the admin’s own sessions, where they name themselves', async () => {
      const one = await admin()
      expectStatus(await act(one, 'revoke-sessions', one.id), 200)
      expectStatus(await me(one.token), 401, 'session_ended')
      expectStatus(await me(helper.token), 200)
    })
  })

  describe('refuses', () => {
    it.each([newId(1), 'x'])('%s, whom nobody knows', async (id) => {
      expectStatus(await act(helper, 'revoke-sessions', id), 404, 'not_found')
    })

    it('whoever is no admin', async () => {
      const [one, other] = [await ownerHere(), await ownerHere()]
      const answer = await act({ token: one.accessToken }, 'revoke-sessions', other.userId)
      expectStatus(answer, 403, 'forbidden')
      expectStatus(await me(other.accessToken), 200)
    })
  })

  describe('is safe', () => {
    it('a batch that fails at any statement ends nothing', async () => {
      const { userId, accessToken } = await ownerHere()
      for (let k = 0; k < 4; k++) {
        const { env } = failingBatch(0, k)
        expectStatus(await act(helper, 'revoke-sessions', userId, { env }), 503, 'unavailable')
      }
      const env = failingDatabase()
      expectStatus(await act(helper, 'revoke-sessions', userId, { env }), 503, 'unavailable')
      expectStatus(await me(accessToken), 200)
      expect(await recordsOf(userId, 'session_revoked')).toEqual([])
      const whole = failingBatch(0)
      expectStatus(await act(helper, 'revoke-sessions', userId, { env: whole.env }), 200)
      expect(whole.sizes[0]).toBe(4)
    })

    it('a refresh that races it leaves no session behind', async () => {
      for (let round = 0; round < 3; round++) {
        const owner = await ownerHere()
        const answers = await race(10, (n) =>
          n % 2 === 0
            ? postRefresh(owner.refreshToken)
            : act(helper, 'revoke-sessions', owner.userId),
        )
        expect(tally(answers.filter((_, n) => n % 2 === 1))).toEqual({ '200': 5 })
        expect(await livingSessionsOf(owner.userId)).toEqual([])
      }
    })

    it('an admin who is disabled at that very moment ends nothing', async () => {
      const [one, owner] = [await admin(), await ownerHere()]
      const env = beforeBatch(0, () => act(helper, 'disable', one.id))
      const answer = await act(one, 'revoke-sessions', owner.userId, { env })
      expectStatus(answer, 401, 'session_ended')
      expectStatus(await me(owner.accessToken), 200)
    })
  })
})
