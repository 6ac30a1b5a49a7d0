/**
 * The numbered tests of refresh tokens. A token is used once; its parent may come again within 30 s while the
 * successor is unused; anything older means that two hold it, and everybody of that user is out.
 */
import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../src/config.ts'
import worker from '../../../src/index.ts'
import { createLookup } from '../../../src/lib/lookup.ts'
import { hashSecret } from '../../../src/lib/tokens.ts'
import {
  livingSessionsOf,
  mailedToken,
  me,
  openSession,
  outboxOf,
  postRefresh,
  sessionRow,
  tokensOf,
} from '../../session-client.ts'
import { API, call, expectStatus, freshIp } from '../../support/call.ts'
import { failingBatch, lostAnswer } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  DAY,
  databaseText,
  expectAlive,
  expectDead,
  expectRefused,
  GRACE,
  HOUR,
  MANY_ROUNDS,
  MORE_THAN_GRACE,
  partsOf,
  pass,
  pictureOf,
  refreshed,
  reuseMailsOf,
  reuseRowsOf,
  SECOND,
  somebody,
  somebodyWithAnOldToken,
  stopClock,
} from './refresh-world.ts'
import { ENDINGS } from './session-endings.ts'

describe('the rotation of refresh tokens', () => {
  stopClock()

  it('§3.1 (1) a chain of refreshes works; each answer has other tokens; the database holds only hashes', async () => {
    const { session } = await somebody()
    const chain = [{ accessToken: session.accessToken, refreshToken: session.refreshToken }]
    for (let current = session.refreshToken; chain.length <= 5; ) {
      const next = await refreshed(current)
      expectStatus(await me(next.accessToken), 200)
      chain.push(next)
      current = next.refreshToken
    }
    expect(new Set(chain.map(({ refreshToken }) => refreshToken)).size).toBe(6)
    expect(new Set(chain.map(({ accessToken }) => accessToken)).size).toBe(6)
    const generations = chain.map(({ refreshToken }) => partsOf(refreshToken).generation)
    expect(generations).toEqual([1, 2, 3, 4, 5, 6])
    const [previous, current] = chain.slice(-2).map((one) => partsOf(one.refreshToken).secret)
    expect(await sessionRow(session.id)).toMatchObject({
      generation: 6,
      tokenHash: hashSecret(String(current)),
      previousTokenHash: hashSecret(String(previous)),
      revokedAt: null,
    })
    const stored = await databaseText()
    expect(stored).toContain(hashSecret(String(current)))
    for (const { accessToken, refreshToken } of chain) {
      expect(stored).not.toContain(partsOf(refreshToken).secret)
      expect(stored).not.toContain(refreshToken.slice(refreshToken.lastIndexOf('.') + 1))
      expect(stored).not.toContain(accessToken.slice(accessToken.lastIndexOf('.') + 1))
    }
  })

  it('§3.1 (2) an old token ends every session of its user on every device, is noted once, and mails a way to act', async () => {
    const { person, session } = await somebody()
    const elsewhere = [
      await openSession(person),
      await openSession(person, { transport: 'hybrid' }),
      await openSession(person, { transport: 'cookie' }),
    ]
    const bystander = await somebody()
    const second = await refreshed(session.refreshToken)
    const third = await refreshed(second.refreshToken)
    pass(GRACE + 1)

    expectRefused(await postRefresh(session.refreshToken), 'refresh_reused')

    expect(await livingSessionsOf(session.userId)).toEqual([])
    for (const { id } of [session, ...elsewhere]) {
      expect(await sessionRow(id)).toMatchObject({
        revokedAt: Date.now(),
        revokeReason: 'refresh_reused',
      })
    }
    await expectDead([session, second, third, ...elsewhere])
    await expectAlive(bystander.session)
    expect(await reuseRowsOf(session.userId)).toMatchObject([
      { details: { sessionId: session.id, generation: 1, current: 3 } },
    ])
    const mails = await reuseMailsOf(person.email)
    expect(mails).toMatchObject([{ kind: 'mail', userId: session.userId }])
    const token = await mailedToken(person.email, 'reset_password')
    const check = await call(`${API}/auth/verify-reset-token`, { body: { token } })
    expect(check.data).toEqual({ valid: true })
    expect((await outboxOf(person.email)).map(({ kind }) => kind)).toContain('guard_forget')
  })

  it(
    '§3.1 (3) twenty rounds of twenty refreshes at once: one step each, all get the same successor, nobody is logged out',
    MANY_ROUNDS,
    async () => {
      const { session } = await somebody()
      let current = session.refreshToken
      for (let round = 1; round <= 20; round++) {
        const answers = await race(20, () => postRefresh(current))
        expect(tally(answers), `round ${round}`).toEqual({ '200': 20 })
        const successors = new Set(answers.map((answer) => tokensOf(answer).refreshToken))
        expect(successors.size, `round ${round}`).toBe(1)
        expect((await sessionRow(session.id)).generation).toBe(round + 1)
        for (const answer of [answers[0], answers[19]]) {
          expectStatus(await me(String(answer?.data.accessToken)), 200)
        }
        ;[current = ''] = successors
        pass(MORE_THAN_GRACE)
      }
      expect(partsOf(current)).toMatchObject({ sessionId: session.id, generation: 21 })
      expect(await livingSessionsOf(session.userId)).toHaveLength(1)
      expect(await reuseRowsOf(session.userId)).toEqual([])
    },
  )

  it('§3.1 (3) twenty uses of an old token at once end everything once: one mail, one note', async () => {
    const { person, session, third } = await somebodyWithAnOldToken()
    const answers = await race(20, () => postRefresh(session.refreshToken))
    expect(tally(answers)).toEqual({ '403 refresh_reused': 1, '403 refresh_invalid': 19 })
    await expectDead([session, third])
    expect(await reuseRowsOf(session.userId)).toHaveLength(1)
    expect(await reuseMailsOf(person.email)).toHaveLength(1)
  })

  it('§3.1 (4) a lost answer: the parent gives the same successor until 30 s are over, however often it comes', async () => {
    const { session } = await somebody()
    const successor = await refreshed(session.refreshToken)
    const after = await sessionRow(session.id)
    for (const wait of [0, 10 * SECOND, 10 * SECOND, 10 * SECOND]) {
      pass(wait)
      expect((await refreshed(session.refreshToken)).refreshToken).toBe(successor.refreshToken)
    }
    // A retry moves nothing: neither the generation nor the moment that the grace is counted from.
    expect(await sessionRow(session.id)).toEqual(after)
    await expectAlive(session)
    pass(1)
    expectRefused(await postRefresh(session.refreshToken), 'refresh_reused')
    await expectDead([session, successor])
  })

  it('§3.1 (4) the successor from a retry goes on as the chain', async () => {
    const { session } = await somebody()
    await refreshed(session.refreshToken)
    const again = await refreshed(session.refreshToken)
    const next = await refreshed(again.refreshToken)
    expect(partsOf(next.refreshToken).generation).toBe(3)
    expectStatus(await me(next.accessToken), 200)
  })

  it.each(['the thief', 'the victim'])(
    '§3.1 (5) a stolen token: whoever comes second, 31 s after %s, puts both out',
    async () => {
      const { session } = await somebody()
      const first = await refreshed(session.refreshToken, { ip: freshIp() })
      pass(31 * SECOND)
      expectRefused(await postRefresh(session.refreshToken, { ip: freshIp() }), 'refresh_reused')
      await expectDead([session, first])
    },
  )

  it('§3.1 (5) a thief who keeps refreshing is out as soon as the victim comes back', async () => {
    const { session } = await somebody()
    const stolen = [await refreshed(session.refreshToken)]
    for (let day = 1; day <= 5; day++) {
      pass(DAY)
      stolen.push(await refreshed(String(stolen.at(-1)?.refreshToken)))
    }
    expectRefused(await postRefresh(session.refreshToken), 'refresh_reused')
    for (const { refreshToken } of stolen) {
      expectRefused(await postRefresh(refreshToken), 'refresh_invalid')
    }
    expectRefused(await me(String(stolen.at(-1)?.accessToken)), 'session_ended')
  })

  it('§3.1 (6) a grandparent is reuse even within the 30 s', async () => {
    const { session } = await somebody()
    const second = await refreshed(session.refreshToken)
    const third = await refreshed(second.refreshToken)
    expectRefused(await postRefresh(session.refreshToken), 'refresh_reused')
    await expectDead([session, second, third])
  })

  describe('§3.1 (7) the end of sessions racing with a refresh, twenty rounds in both orders', () => {
    it.each(Object.keys(ENDINGS))(
      '%s: after both answers nothing works any more',
      MANY_ROUNDS,
      async (name) => {
        const end = ENDINGS[name]
        const { person } = await somebody()
        for (let round = 0; round < 40; round++) {
          const session = await openSession(person)
          const starts = [
            () => postRefresh(session.refreshToken),
            () => end?.(session, round % 4 < 2),
          ]
          if (round % 2) starts.reverse()
          const answers = await Promise.all(starts.map((start) => start()))
          if (round % 2) answers.reverse()
          const [refresh, ended] = answers
          if (!refresh || !ended) throw new Error('both answer')
          expectStatus(ended, 200)
          if (refresh.status !== 200) expectRefused(refresh, 'refresh_invalid')
          await expectDead(refresh.status === 200 ? [session, tokensOf(refresh)] : [session])
        }
        expect(await reuseMailsOf(person.email)).toEqual([])
      },
    )
  })

  it('§3.1 (8) idle for 7 days: one second before it refreshes, one second after it does not', async () => {
    const { person, session } = await somebody()
    const sleeper = await openSession(person)
    pass(7 * DAY - SECOND)
    const next = await refreshed(session.refreshToken)
    pass(2 * SECOND)
    expectRefused(await postRefresh(sleeper.refreshToken), 'refresh_invalid')
    pass(7 * DAY - 3 * SECOND)
    const last = await refreshed(next.refreshToken)
    pass(7 * DAY + SECOND)
    expectRefused(await postRefresh(last.refreshToken), 'refresh_invalid')
  })

  it('§3.1 (8) after 30 days it is over, however often it was refreshed; neither rotation nor grace moves that', async () => {
    const { session } = await somebody()
    const end = (await sessionRow(session.id)).absoluteExpiresAt
    expect(end).toBe(Date.now() + 30 * DAY)
    let parent = session.refreshToken
    let current = session.refreshToken
    const next = async () => {
      parent = current
      current = (await refreshed(current)).refreshToken
      expect((await sessionRow(session.id)).absoluteExpiresAt).toBe(end)
    }
    for (let hour = 0; hour < 30 * 24 - 12; hour += 12) {
      pass(12 * HOUR)
      await next()
    }
    pass(12 * HOUR - SECOND)
    await next()
    expect((await refreshed(parent)).refreshToken).toBe(current)
    pass(2 * SECOND)
    expectRefused(await postRefresh(current), 'refresh_invalid')
    expectRefused(await postRefresh(parent), 'refresh_invalid')
    expect(await sessionRow(session.id)).toMatchObject({ absoluteExpiresAt: end, revokedAt: null })
  })

  it('§3.1 (9) committed, but the answer is lost: 503, and the retry gets the successor; one step in all', async () => {
    const { session } = await somebody()
    const lost = await postRefresh(session.refreshToken, { env: lostAnswer(0) })
    expectRefused(lost, 'unavailable')
    expect(lost.headers.get('Retry-After')).toBe('1')
    expect((await sessionRow(session.id)).generation).toBe(2)
    pass(GRACE)
    // Lost again: a retry has nothing to commit.
    expectRefused(await postRefresh(session.refreshToken, { env: lostAnswer(0) }), 'unavailable')
    const retried = await refreshed(session.refreshToken)
    expect(partsOf(retried.refreshToken).generation).toBe(2)
    expectStatus(await me(retried.accessToken), 200)
    expectStatus(await postRefresh(retried.refreshToken), 200)
  })

  it('§3.1 (9) the answer to a reuse is lost: everything has ended, with its note and its mail', async () => {
    const { person, session, third } = await somebodyWithAnOldToken()
    expectRefused(await postRefresh(session.refreshToken, { env: lostAnswer(0) }), 'unavailable')
    await expectDead([session, third])
    expect(await reuseRowsOf(session.userId)).toHaveLength(1)
    expect(await reuseMailsOf(person.email)).toHaveLength(1)
  })

  it(
    '§3.1 (10) a reuse whose batch fails at any statement changes nothing, and the next try ends everything',
    MANY_ROUNDS,
    async () => {
      const probe = failingBatch(0)
      const { session: probed } = await somebodyWithAnOldToken()
      await postRefresh(probed.refreshToken, { env: probe.env })
      const [statements = 0, ...more] = probe.sizes
      expect(more).toEqual([])
      expect(statements).toBeGreaterThan(4)
      for (let k = 0; k < statements; k++) {
        const { person, session, third } = await somebodyWithAnOldToken()
        const other = await openSession(person)
        const before = await pictureOf(session.userId)
        const failed = await postRefresh(session.refreshToken, { env: failingBatch(0, k).env })
        expectRefused(failed, 'unavailable')
        expect(await pictureOf(session.userId), `statement ${k}`).toEqual(before)
        expectStatus(await me(third.accessToken), 200)
        expectRefused(await postRefresh(session.refreshToken), 'refresh_reused')
        await expectDead([session, third, other])
        expect(await reuseRowsOf(session.userId), `statement ${k}`).toHaveLength(1)
        expect(await reuseMailsOf(person.email), `statement ${k}`).toHaveLength(1)
      }
    },
  )

  it('§3.1 (10) a rotation whose batch fails at any statement changes nothing, and the next try rotates', async () => {
    const { session } = await somebody()
    const probe = failingBatch(0)
    let current = (await refreshed(session.refreshToken, { env: probe.env })).refreshToken
    for (let k = 0; k < (probe.sizes[0] ?? 0); k++) {
      pass(MORE_THAN_GRACE)
      const before = await pictureOf(session.userId)
      expectRefused(await postRefresh(current, { env: failingBatch(0, k).env }), 'unavailable')
      expect(await pictureOf(session.userId), `statement ${k}`).toEqual(before)
      current = (await refreshed(current)).refreshToken
    }
    expect((await sessionRow(session.id)).generation).toBe(2 + (probe.sizes[0] ?? 0))
  })

  it("§3.1 (11) a stranger's token with my session's id, or my id with invented secrets, is no button to log me out", async () => {
    const mine = await somebodyWithAnOldToken()
    const stranger = await somebody()
    const before = await pictureOf(mine.session.userId)
    const ip = freshIp()
    const [, , , secret, mac] = stranger.session.refreshToken.split('.')
    const invent = () => crypto.randomUUID().replaceAll('-', '').padEnd(43, 'A')
    const forgeries = [
      ...[1, 2, 3, 4].map((step) => `rt.${mine.session.id}.${step}.${secret}.${mac}`),
      ...[0, 1, 2, 3].map((step) => `rt.${mine.session.id}.${step}.${invent()}.${invent()}`),
      // Of a token that was valid once, all but the proof.
      ...[mine.session, mine.third].map(({ refreshToken }) =>
        refreshToken.replace(/[^.]+$/, invent()),
      ),
    ]
    for (const [index, forgery] of forgeries.entries()) {
      const answer = await postRefresh(forgery, { ip })
      expectRefused(answer, 'refresh_invalid')
      // Counted against the stranger's address.
      expect(answer.headers.get('RateLimit')).toContain(`"refused";r=${59 - index};`)
    }
    expect(await pictureOf(mine.session.userId)).toEqual(before)
    expectStatus(await me(mine.third.accessToken), 200)
    expectStatus(await postRefresh(mine.third.refreshToken), 200)
  })

  describe('a restart', () => {
    /** The product as a fresh isolate runs it: no module has kept anything. */
    async function restarted(email: string) {
      const name = createLookup(configOf(env).lookupSecret).address(email)
      await evictDurableObject(env.ACCOUNT_GUARD.getByName(name))
      vi.resetModules()
      const fresh = await import('../../../src/index.ts')
      expect(fresh.default).not.toBe(worker)
      return import('../../session-client.ts')
    }

    it('brings no old token back to life: one rotated before it is reuse after it', async () => {
      const { person, session, third } = await somebodyWithAnOldToken()
      const client = await restarted(person.email)
      const answer = await client.postRefresh(session.refreshToken, { env: { ...env } })
      expectRefused(answer, 'refresh_reused')
      await expectDead([session, third])
    })

    it('loses no grace: the parent still gives the same successor', async () => {
      const { person, session } = await somebody()
      const successor = await refreshed(session.refreshToken)
      const client = await restarted(person.email)
      const retry = await client.postRefresh(session.refreshToken, { env: { ...env } })
      expectStatus(retry, 200)
      expect(client.tokensOf(retry).refreshToken).toBe(successor.refreshToken)
    })
  })
})
