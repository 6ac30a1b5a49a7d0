/** A refresh against what ends its session, with each of the two committing first for certain. The rounds by chance are §3.1 (7). */

import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, memberships, users } from '../../../src/db/schema/index.ts'
import { db } from '../../factories.ts'
import {
  type OpenSession,
  openSession,
  postRefresh,
  sessionRow,
  tokensOf,
} from '../../session-client.ts'
import { type Answer, expectStatus } from '../../support/call.ts'
import { beforeBatch } from '../../support/faults.ts'
import {
  expectDead,
  expectRefused,
  MANY_ROUNDS,
  refreshed,
  somebody,
  somebodyWithAnOldToken,
  stopClock,
} from './refresh-world.ts'
import { ENDINGS } from './session-endings.ts'

type Deed = (session: OpenSession, communityId: string) => Promise<unknown>

/** What others do to a session: seen by the statement that rotates, not before it. */
const DEEDS: Record<string, Deed> = {
  'the account is disabled': ({ userId }) =>
    db.update(users).set({ disabledAt: Date.now() }).where(eq(users.id, userId)),
  'the community is suspended': (_, communityId) =>
    db.update(communities).set({ status: 'suspended' }).where(eq(communities.id, communityId)),
  'the membership ends': ({ userId }) =>
    db.delete(memberships).where(eq(memberships.userId, userId)),
}

describe('a refresh beside the end of its session', () => {
  stopClock()

  it.each(Object.keys(ENDINGS))('%s commits just before the refresh does', async (name) => {
    const { session } = await somebody()
    const end = () => ENDINGS[name]?.(session, true) ?? Promise.reject(new Error(name))
    const late = await postRefresh(session.refreshToken, { env: beforeBatch(0, end) })
    expectRefused(late, 'refresh_invalid')
    await expectDead([session])
  })

  it.each(Object.keys(ENDINGS))('the refresh commits just before %s does', async (name) => {
    const { session } = await somebody()
    const given: { accessToken: string; refreshToken: string }[] = [session]
    const refresh = async () => given.push(await refreshed(session.refreshToken))
    const ended = await ENDINGS[name]?.(session, true, beforeBatch(0, refresh))
    expect(ended?.status).toBe(200)
    expect(given).toHaveLength(2)
    await expectDead(given)
  })

  it.each(['logout-all', 'DELETE /sessions'])(
    '%s on one device racing with a refresh on another',
    MANY_ROUNDS,
    async (name) => {
      const { person } = await somebody()
      for (let round = 0; round < 20; round++) {
        const [mine, other] = [await openSession(person), await openSession(person)]
        const starts = [
          () => postRefresh(other.refreshToken),
          () => ENDINGS[name]?.(mine, round % 4 < 2),
        ]
        if (round % 2) starts.reverse()
        const answers = await Promise.all(starts.map((start) => start()))
        const refresh = answers[round % 2]
        const given = refresh?.status === 200 ? [tokensOf(refresh)] : []
        await expectDead([mine, other, ...given])
      }
    },
  )

  it.each(Object.keys(DEEDS))('%s just before the refresh commits', async (name) => {
    const { person, session } = await somebody()
    const other = await openSession(person)
    const deed = () => DEEDS[name]?.(session, person.communityId) ?? Promise.reject(new Error(name))
    for (const { refreshToken } of [session, other]) {
      const late = await postRefresh(refreshToken, { env: beforeBatch(0, deed) })
      expectRefused(late, 'refresh_invalid')
    }
    for (const { id } of [session, other]) {
      expect(await sessionRow(id)).toMatchObject({ generation: 1, revokedAt: null })
    }
  })

  it.each(['before', 'after'])(
    'a thief’s reuse commits just %s the victim’s own refresh: both are out',
    async (order) => {
      const { person, session, third } = await somebodyWithAnOldToken()
      const other = await openSession(person)
      const [thief, victim] = [session.refreshToken, third.refreshToken]
      const [first, second] = order === 'before' ? [thief, victim] : [victim, thief]
      const earlier = { answers: [] as Answer[] }
      const run = beforeBatch(0, async () => earlier.answers.push(await postRefresh(first)))
      const later = await postRefresh(second, { env: run })
      const [reuse, refresh] =
        order === 'before' ? [earlier.answers[0], later] : [later, earlier.answers[0]]
      if (!reuse || !refresh) throw new Error('both answer')
      expectRefused(reuse, 'refresh_reused')
      if (order === 'before') expectRefused(refresh, 'refresh_invalid')
      else expectStatus(refresh, 200)
      await expectDead([
        session,
        third,
        other,
        ...(refresh.status === 200 ? [tokensOf(refresh)] : []),
      ])
    },
  )
})
