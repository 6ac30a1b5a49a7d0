/** What a refresh refuses. A refusal changes nothing: no row is written, no session ends, no cookie is taken away. */
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { communities, memberships, sessions, users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { csrfTokenOf, formatRefreshToken, newRandomSecret } from '../../../src/lib/tokens.ts'
import { db } from '../../factories.ts'
import { me, type OpenSession, openSession, postRefresh, sessionRow } from '../../session-client.ts'
import { type Answer, API, call, expectStatus } from '../../support/call.ts'
import {
  auditOfAnswer,
  costsOf,
  DAY,
  expectAlive,
  expectRefused,
  GRACE,
  keys,
  pass,
  pictureOf,
  refreshed,
  reuseRowsOf,
  SECOND,
  somebody,
  somebodyWithAnOldToken,
  stopClock,
} from './refresh-world.ts'

const REFRESH = `${API}/auth/refresh`

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** Another character in the first place; still of the alphabet. */
const flipped = (part: string) => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`
/** The same 32 bytes in another spelling: the last of 43 characters has two bits that decoding ignores. */
const aliased = (part: string) => part.slice(0, -1) + ALPHABET[ALPHABET.indexOf(part.slice(-1)) ^ 1]

type Parts = [tag: string, id: string, generation: string, secret: string, mac: string]

/** Each way to change a genuine token. */
const FORGERIES: Record<string, (parts: Parts, session: OpenSession) => string> = {
  'another prefix': ([, ...rest]) => ['rx', ...rest].join('.'),
  'no prefix': ([, ...rest]) => rest.join('.'),
  'another session id': ([tag, , ...rest]) => [tag, newId(Date.now()), ...rest].join('.'),
  'the session id in capitals': ([tag, id, ...rest]) => [tag, id.toUpperCase(), ...rest].join('.'),
  'the next generation': ([tag, id, n, ...rest]) => [tag, id, Number(n) + 1, ...rest].join('.'),
  'an earlier generation': ([tag, id, , ...rest]) => [tag, id, 0, ...rest].join('.'),
  'the generation in another spelling': ([tag, id, n, ...rest]) =>
    [tag, id, `0${n}`, ...rest].join('.'),
  'a negative generation': ([tag, id, n, ...rest]) => [tag, id, `-${n}`, ...rest].join('.'),
  'an endless generation': ([tag, id, , ...rest]) => [tag, id, '9'.repeat(40), ...rest].join('.'),
  'another secret': ([tag, id, n, secret, mac]) => [tag, id, n, flipped(secret), mac].join('.'),
  'no secret': ([tag, id, n, , mac]) => [tag, id, n, '', mac].join('.'),
  'another proof': ([tag, id, n, secret, mac]) => [tag, id, n, secret, flipped(mac)].join('.'),
  'the proof in another spelling': ([tag, id, n, secret, mac]) =>
    [tag, id, n, secret, aliased(mac)].join('.'),
  'the proof with padding': (parts) => `${parts.join('.')}=`,
  'a shorter proof': (parts) => parts.join('.').slice(0, -1),
  'no proof': (parts) => parts.slice(0, -1).join('.'),
  'an empty proof': (parts) => `${parts.slice(0, -1).join('.')}.`,
  'secret and proof the other way round': ([tag, id, n, secret, mac]) =>
    [tag, id, n, mac, secret].join('.'),
  'a part more': (parts) => `${parts.join('.')}.AAAA`,
  'the token twice': (parts) => `${parts.join('.')}${parts.join('.')}`,
  'a line break inside': ([tag, id, ...rest]) => [tag, `${id}\n`, ...rest].join('.'),
  'the device token': (_, { deviceToken }) => deviceToken,
  'the CSRF token': (_, { id }) => csrfTokenOf(keys, id),
  'the session id': (_, { id }) => id,
  'a word': () => 'undefined',
  SQL: () => "' or 1=1 --",
}

/** What may no longer go on, and how it is set right again. */
type Gate = { close(s: OpenSession, communityId: string): Promise<unknown>; open?: Gate['close'] }

const status =
  (value: 'active' | 'suspended' | 'rejected' | 'pending'): Gate['close'] =>
  (_, id) =>
    db.update(communities).set({ status: value }).where(eq(communities.id, id))
const deleted =
  (isDeleted: boolean): Gate['close'] =>
  (_, id) =>
    db.update(communities).set({ isDeleted }).where(eq(communities.id, id))
const disabled =
  (disabledAt: number | null): Gate['close'] =>
  ({ userId }) =>
    db.update(users).set({ disabledAt }).where(eq(users.id, userId))

const GATES: Record<string, Gate> = {
  'a suspended community': { close: status('suspended'), open: status('active') },
  'a rejected community': { close: status('rejected'), open: status('active') },
  'a community back in review': { close: status('pending'), open: status('active') },
  'a deleted community': { close: deleted(true), open: deleted(false) },
  'a disabled user': { close: disabled(1), open: disabled(null) },
  'a membership that is no more': {
    close: ({ userId }) => db.delete(memberships).where(eq(memberships.userId, userId)),
    open: ({ userId }, communityId) =>
      db.insert(memberships).values({ userId, communityId, role: 'Member', createdAt: 1 }),
  },
  'a session that was idle too long': {
    close: async () => pass(7 * DAY + SECOND),
  },
  'a session past its absolute end': {
    close: async ({ id }) => {
      const times = { idleExpiresAt: Date.now() + DAY, absoluteExpiresAt: Date.now() }
      await db.update(sessions).set(times).where(eq(sessions.id, id))
    },
  },
  'a session that was logged out': {
    close: ({ id }) =>
      db
        .update(sessions)
        .set({ revokedAt: Date.now(), revokeReason: 'logout' })
        .where(eq(sessions.id, id)),
  },
}

describe('POST /api/v1/auth/refresh refuses', () => {
  stopClock()

  describe('what we never gave out', () => {
    let session: OpenSession
    beforeAll(async () => {
      ;({ session } = await somebody('hybrid'))
    })

    it.each(Object.keys(FORGERIES))('%s: without a look into the database', async (name) => {
      const forged = FORGERIES[name]?.(session.refreshToken.split('.') as Parts, session) ?? ''
      expect(forged).not.toBe(session.refreshToken)
      const before = await pictureOf(session.userId)
      const headers = { Cookie: `__Host-refresh=${encodeURIComponent(forged)}` }
      const csrf = { ...headers, 'X-CSRF-Token': session.csrfToken }
      const answers = [
        await postRefresh(forged),
        await call(REFRESH, { method: 'POST', headers }),
        await call(REFRESH, { method: 'POST', headers: csrf }),
      ]
      for (const answer of answers) {
        expectRefused(answer, 'refresh_invalid')
        expect(costsOf(answer)).toEqual({ d1: 0, objects: 1 })
      }
      expect(await pictureOf(session.userId)).toEqual(before)
    })

    it('the token is genuine to begin with', async () => {
      expectStatus(await postRefresh(session.refreshToken), 200)
    })

    it('an access token in the place of a refresh token, and the other way round', async () => {
      expectRefused(await postRefresh(session.accessToken), 'validation_failed')
      const headers = { Cookie: `__Host-refresh=${session.accessToken}` }
      expectRefused(await call(REFRESH, { method: 'POST', headers }), 'refresh_invalid')
      expectRefused(await me(session.refreshToken), 'unauthenticated')
      const inCookie = { Cookie: `__Host-access=${session.refreshToken}` }
      expectRefused(await call(`${API}/auth/me`, { headers: inCookie }), 'unauthenticated')
    })

    it('another secret under a genuine proof: the hash must be that of the row, and a mismatch is no reuse', async () => {
      const { session: other } = await somebody()
      await refreshed(other.refreshToken)
      const before = await pictureOf(other.userId)
      for (const generation of [1, 2]) {
        const token = { sessionId: other.id, generation, secret: newRandomSecret() }
        expectRefused(await postRefresh(formatRefreshToken(keys, token)), 'refresh_invalid')
      }
      expect(await pictureOf(other.userId)).toEqual(before)
    })

    it('a token of a session that is not there', async () => {
      for (const generation of [0, 1, 7, 999_999_999]) {
        const token = { sessionId: newId(Date.now()), generation, secret: newRandomSecret() }
        const answer = await postRefresh(formatRefreshToken(keys, token))
        expectRefused(answer, 'refresh_invalid')
        expect(await auditOfAnswer(answer)).toEqual([])
        expect(costsOf(answer)).toEqual({ d1: 1, objects: 1 })
      }
    })
  })

  describe('what may no longer go on', () => {
    it.each(Object.keys(GATES))(
      '%s: the current token, its parent and an old one alike, and nothing is written',
      async (name) => {
        const gate = GATES[name]
        const { person, session, second, third } = await somebodyWithAnOldToken()
        const current = await refreshed(third.refreshToken)
        await gate?.close(session, person.communityId)
        const before = await pictureOf(session.userId)
        for (const { refreshToken } of [current, third, second, session]) {
          const answer = await postRefresh(refreshToken)
          expectRefused(answer, 'refresh_invalid')
          expect(await auditOfAnswer(answer)).toEqual([])
        }
        expect(await pictureOf(session.userId)).toEqual(before)
        if (!gate?.open) return
        await gate.open(session, person.communityId)
        await refreshed(current.refreshToken)
      },
    )

    it.each([
      'a session that was idle too long',
      'a session past its absolute end',
      'a session that was logged out',
    ])('%s: ended beats reused, the user’s other sessions go on', async (name) => {
      const { person, session, third } = await somebodyWithAnOldToken()
      await GATES[name]?.close(session, person.communityId)
      const other = await openSession(person)
      for (const { refreshToken } of [third, session]) {
        expectRefused(await postRefresh(refreshToken), 'refresh_invalid')
      }
      await expectAlive(other)
      expect(await reuseRowsOf(session.userId)).toEqual([])
    })

    it('a token newer than its row, as after a database was set back, ends nothing', async () => {
      const { person, session } = await somebody()
      const other = await openSession(person)
      const row = await sessionRow(session.id)
      const next = await refreshed((await refreshed(session.refreshToken)).refreshToken)
      await db.update(sessions).set(row).where(eq(sessions.id, session.id))
      expectRefused(await postRefresh(next.refreshToken), 'refresh_invalid')
      expect(await sessionRow(session.id)).toEqual(row)
      await expectAlive(other)
    })

    it('an old token of a session in another community of the user ends the sessions in all of them', async () => {
      const { person, session } = await somebody()
      const { person: elsewhere } = await somebody()
      const { communityId } = elsewhere
      const there = await openSession(person)
      await db
        .insert(memberships)
        .values({ userId: session.userId, communityId, role: 'Member', createdAt: 1 })
      await db.update(sessions).set({ communityId }).where(eq(sessions.id, there.id))
      await refreshed((await refreshed(session.refreshToken)).refreshToken)
      pass(GRACE)
      expectRefused(await postRefresh(session.refreshToken), 'refresh_reused')
      expectRefused(await postRefresh(there.refreshToken), 'refresh_invalid')
    })
  })

  describe('a request without a token that counts', () => {
    const send = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
      call(REFRESH, { method: 'POST', body, headers })

    it('neither body nor cookie: log in again', async () => {
      expectRefused(await send(undefined), 'refresh_invalid')
      expectRefused(await send(undefined, { Cookie: 'theme=dark' }), 'refresh_invalid')
    })

    it.each([
      ['a JSON body without it', {}, {}],
      ['Authorization alone', undefined, { Authorization: 'Bearer a.b.c' }],
      ['empty text', { refreshToken: '' }, {}],
      ['a space', { refreshToken: ' ' }, {}],
      ['null', { refreshToken: null }, {}],
      ['0', { refreshToken: 0 }, {}],
      ['false', { refreshToken: false }, {}],
      ['a list', { refreshToken: [] }, {}],
      ['an object', { refreshToken: {} }, {}],
      ['a name that is no field of ours', { token: 'x', refresh_token: 'x' }, {}],
      ['far too long', { refreshToken: 'x'.repeat(513) }, {}],
    ])('%s: 422 that names refreshToken', async (_, body, headers) => {
      const answer = await send(body, headers)
      expectRefused(answer, 'validation_failed')
      expect(answer.json.errors).toEqual({ refreshToken: expect.any(String) })
    })

    it('a genuine token in a list, or a broken one beside a genuine cookie, is 422 too', async () => {
      const { session } = await somebody('hybrid')
      const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
      for (const refreshToken of [[session.refreshToken], '', null, 0, []]) {
        expectRefused(await send({ refreshToken }, headers), 'validation_failed')
      }
      expect((await sessionRow(session.id)).generation).toBe(1)
    })

    it('a token that is not sent as JSON, or in the address, does not count', async () => {
      const { session } = await somebody()
      const { refreshToken } = session
      const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
      const answer = await send(`refreshToken=${refreshToken}`, form)
      expectRefused(answer, 'unsupported_media_type')
      expectRefused(await send('{"refreshToken":'), 'invalid_json')
      const query = await call(`${REFRESH}?refreshToken=${refreshToken}`, { method: 'POST' })
      expectRefused(query, 'refresh_invalid')
      expectRefused(await call(REFRESH), 'method_not_allowed')
      expect((await sessionRow(session.id)).generation).toBe(1)
    })
  })
})
