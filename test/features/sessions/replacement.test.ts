import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { configOf } from '../../../src/config.ts'
import { sessions } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import { createKeyRing } from '../../../src/lib/key-ring.ts'
import { formatDeviceToken } from '../../../src/lib/tokens.ts'
import { db, ownerIn, postLogin } from '../../factories.ts'
import {
  livingSessionsOf,
  me,
  type OpenSession,
  openSession,
  postRefresh,
  sessionRow,
  tokensOf,
} from '../../session-client.ts'
import { type Answer, API, expectStatus } from '../../support/call.ts'
import { failingDatabase, failingObject } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import { Browser, endingsOf, itemsOf, later, listSessions, type Person } from './clients.ts'

const keys = createKeyRing(configOf(env).authSecrets)
const MINUTE = 60_000
const NOON = Date.UTC(2026, 10, 20, 12)

const idOf = (answer: Answer) => (answer.data.session as { id: string }).id
const userOf = (answer: Answer) => (answer.data.user as { id: string; email: string }).id
const sessionsOfUser = (userId: string) =>
  db.select().from(sessions).where(eq(sessions.userId, userId))
const livingIds = async (userId: string) =>
  (await livingSessionsOf(userId)).map(({ id }) => id).toSorted()

/** An answer is sound: its tokens work if its session lives, and are all refused if it does not; never something between. */
async function expectSound(answer: Answer, isAlive: boolean): Promise<void> {
  expectStatus(answer, 200)
  const { accessToken, refreshToken } = tokensOf(answer)
  const known = await me(accessToken)
  const refreshed = await postRefresh(refreshToken)
  if (isAlive) {
    expectStatus(known, 200)
    expect(known.data).toMatchObject({ session: { id: idOf(answer) } })
    expectStatus(refreshed, 200)
  } else {
    expectStatus(known, 401, 'session_ended')
    expectStatus(refreshed, 403, 'refresh_invalid')
  }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('signing in again on a device', () => {
  describe('works', () => {
    it('replaces the session of that device and no other', async () => {
      const owner = await ownerIn('active')
      const elsewhere = await openSession(owner)
      const first = await openSession(owner)
      const second = await openSession(owner, { deviceToken: first.deviceToken })
      expect(second.id).not.toBe(first.id)
      expect(await endingsOf(first.userId)).toEqual({
        [elsewhere.id]: null,
        [first.id]: 'replaced',
        [second.id]: null,
      })
      expectStatus(await me(first.accessToken), 401, 'session_ended')
      expectStatus(await postRefresh(first.refreshToken), 403, 'refresh_invalid')
      expectStatus(await me(second.accessToken), 200)
    })

    it('also where the transport changes, and where the device token comes as a cookie', async () => {
      const { email, password } = await ownerIn('active')
      const browser = new Browser()
      const ids: string[] = []
      for (const tokenTransport of ['cookie', 'hybrid', 'body', 'cookie']) {
        const body = { email, password, tokenTransport }
        const answer = await browser.call(`${API}/auth/login`, { body })
        expectStatus(answer, 200)
        ids.push(idOf(answer))
      }
      expect(new Set(ids).size).toBe(4)
      const { userId } = await sessionRow(String(ids[0]))
      expect(await livingIds(userId)).toEqual([ids[3]])
    })

    it('also where the earlier session has run out', async () => {
      const owner = await ownerIn('active')
      const first = await openSession(owner, {
        call: { env: { ...env, SESSION_IDLE_SECONDS: '60' } },
      })
      await later(61_000, async () => {
        const second = await openSession(owner, { deviceToken: first.deviceToken })
        expect(await livingIds(first.userId)).toEqual([second.id])
      })
    })

    it('a wrong password replaces nothing', async () => {
      const owner = await ownerIn('active')
      const first = await openSession(owner)
      const wrong = { email: owner.email, password: 'Wrong-Harbour-99' }
      expectStatus(await postLogin({ ...wrong, deviceToken: first.deviceToken }), 401)
      expectStatus(await me(first.accessToken), 200)
    })
  })

  describe('is safe', () => {
    it('eight logins at once on one device leave one session, and every answer is sound', async () => {
      const owner = await ownerIn('active')
      const { deviceToken, userId } = await openSession(owner)
      const { email, password } = owner
      const answers = await race(8, () =>
        postLogin({ email, password, tokenTransport: 'body', deviceToken }),
      )
      expect(tally(answers)).toEqual({ '200': 8 })
      expect(new Set(answers.map(idOf)).size).toBe(8)
      const living = await livingIds(userId)
      expect(living).toHaveLength(1)
      expect(answers.map(idOf)).toContain(living[0])
      for (const answer of answers) await expectSound(answer, living.includes(idOf(answer)))
      const rows = await sessionsOfUser(userId)
      const ended = rows.filter(({ revokedAt }) => revokedAt !== null)
      expect(ended.map(({ revokeReason }) => revokeReason)).toEqual(Array(8).fill('replaced'))
    })
  })
})

describe('at most ten sessions', () => {
  /** Ten sessions, a minute between one and the next; the clock stands a minute after the last. */
  async function tenSessions(owner: Person): Promise<OpenSession[]> {
    vi.useFakeTimers({ toFake: ['Date'] })
    const opened: OpenSession[] = []
    for (let n = 0; n < 10; n++) {
      vi.setSystemTime(NOON + n * MINUTE)
      opened.push(await openSession(owner))
    }
    vi.setSystemTime(NOON + 10 * MINUTE)
    return opened
  }

  it('ten live side by side; the eleventh ends the oldest', async () => {
    const owner = await ownerIn('active')
    const opened = await tenSessions(owner)
    const { userId } = opened[0] as OpenSession
    expect(await livingIds(userId)).toEqual(opened.map(({ id }) => id).toSorted())
    const eleventh = await openSession(owner)
    const [oldest, ...others] = opened as [OpenSession, ...OpenSession[]]
    expect(await livingIds(userId)).toEqual([...others, eleventh].map(({ id }) => id).toSorted())
    expect((await endingsOf(userId))[oldest.id]).toBe('too_many')
    expectStatus(await postRefresh(oldest.refreshToken), 403, 'refresh_invalid')
    expectStatus(await me(others[0]?.accessToken ?? ''), 200)
  })

  it('the oldest is the one that was opened first, however lately it was used', async () => {
    const owner = await ownerIn('active')
    const [oldest] = (await tenSessions(owner)) as [OpenSession]
    expectStatus(await postRefresh(oldest.refreshToken), 200)
    await openSession(owner)
    expect((await endingsOf(oldest.userId))[oldest.id]).toBe('too_many')
  })

  it('signing in again on one of the ten devices ends no other', async () => {
    const owner = await ownerIn('active')
    const opened = await tenSessions(owner)
    const [oldest, second] = opened as [OpenSession, OpenSession]
    const again = await openSession(owner, { deviceToken: second.deviceToken })
    const living = await livingIds(oldest.userId)
    expect(living).toHaveLength(10)
    expect(living).toContain(oldest.id)
    expect(living).toContain(again.id)
  })

  it('sessions that have run out or were ended do not count', async () => {
    const owner = await ownerIn('active')
    const brief = { env: { ...env, SESSION_IDLE_SECONDS: '1200' } }
    vi.useFakeTimers({ toFake: ['Date'] })
    const opened: OpenSession[] = []
    for (let n = 0; n < 10; n++) {
      vi.setSystemTime(NOON + n * MINUTE)
      // The fifth and the ninth will have run out; they are not the oldest.
      opened.push(await openSession(owner, n === 4 || n === 8 ? { call: brief } : {}))
    }
    const { userId } = opened[0] as OpenSession
    vi.setSystemTime(NOON + 29 * MINUTE + 1)
    const two = [await openSession(owner), await openSession(owner)]
    const living = await livingIds(userId)
    const expected = [...opened.filter((_, n) => n !== 4 && n !== 8), ...two]
    expect(living).toEqual(expected.map(({ id }) => id).toSorted())
    const endings = Object.values(await endingsOf(userId)).filter((reason) => reason !== null)
    expect(endings).toEqual(['expired', 'expired'])
    await openSession(owner)
    expect((await endingsOf(userId))[opened[0]?.id ?? '']).toBe('too_many')
  })

  it('counts for each person apart', async () => {
    const [busy, other] = [await ownerIn('active'), await ownerIn('active')]
    const quiet = await openSession(other)
    await tenSessions(busy)
    await openSession(busy)
    vi.useRealTimers()
    expectStatus(await me(quiet.accessToken), 200)
  })

  it('fifteen logins at once on fifteen devices all get in; ten live, and none of them is older than one that ended', async () => {
    const owner = await ownerIn('active')
    const first = await openSession(owner)
    const { email, password } = owner
    const answers = await race(15, () => postLogin({ email, password, tokenTransport: 'body' }))
    expect(tally(answers)).toEqual({ '200': 15 })
    const rows = await sessionsOfUser(first.userId)
    expect(rows).toHaveLength(16)
    const living = rows.filter(({ revokedAt }) => revokedAt === null)
    const ended = rows.filter(({ revokedAt }) => revokedAt !== null)
    expect(living).toHaveLength(10)
    expect(ended.map(({ revokeReason }) => revokeReason)).toEqual(Array(6).fill('too_many'))
    expect(ended.map(({ id }) => id)).toContain(first.id)
    const oldestAlive = Math.min(...living.map(({ createdAt }) => createdAt))
    for (const { createdAt } of ended) expect(createdAt).toBeLessThanOrEqual(oldestAlive)
    const alive = new Set(living.map(({ id }) => id))
    for (const answer of answers) await expectSound(answer, alive.has(idOf(answer)))
  })

  it('fifteen at once on the same fifteen devices again still leave ten', async () => {
    const owner = await ownerIn('active')
    const { email, password } = owner
    const devices = Array.from({ length: 15 }, () => formatDeviceToken(keys, newId(Date.now())))
    const logIn = (n: number) =>
      postLogin({ email, password, tokenTransport: 'body', deviceToken: devices[n] })
    expect(tally(await race(15, logIn))).toEqual({ '200': 15 })
    const again = await race(15, logIn)
    expect(tally(again)).toEqual({ '200': 15 })
    const living = await livingIds(userOf(again[0] as Answer))
    expect(living).toHaveLength(10)
    for (const id of living) expect(again.map(idOf)).toContain(id)
  })
})

describe('two people, one after the other, in one browser', () => {
  it.each([
    ['cookie', 'cookie'],
    ['hybrid', 'hybrid'],
    ['hybrid', 'cookie'],
    ['cookie', 'hybrid'],
  ])(
    '(%s, then %s) the first session is dead, and the browser opens nothing of it',
    async (one, two) => {
      const [first, second] = [await ownerIn('active'), await ownerIn('active')]
      const browser = new Browser()
      const logIn = ({ email, password }: Person, tokenTransport: string) =>
        browser.call(`${API}/auth/login`, { body: { email, password, tokenTransport } })
      const theirs = await logIn(first, one)
      const before = Object.fromEntries(browser.cookies)
      const mine = await logIn(second, two)
      expect(idOf(mine)).not.toBe(idOf(theirs))
      expect(browser.cookies.get('__Host-refresh')).not.toBe(before['__Host-refresh'])
      expect(browser.cookies.has('__Host-access')).toBe(two === 'cookie')
      // Whatever the browser may still hold, none of it speaks for the first person.
      const csrf = await browser.call(`${API}/auth/csrf`)
      expect(csrf.data.csrfToken).toBe(mine.data.csrfToken)
      expect(csrf.data.csrfToken).not.toBe(theirs.data.csrfToken)
      const known = await browser.call(`${API}/auth/me`)
      const who = (known.data.user as { email: string } | undefined)?.email
      expect({ who, status: known.status }).toEqual(
        two === 'cookie' ? { who: second.email, status: 200 } : { who: undefined, status: 401 },
      )
      const refreshed = await browser.call(`${API}/auth/refresh`, {
        method: 'POST',
        headers: { 'X-CSRF-Token': String(mine.data.csrfToken) },
      })
      expectStatus(refreshed, 200)
      const shown = await listSessions({ token: tokensOf(refreshed).accessToken })
      expect(itemsOf(shown).map(({ id }) => id)).toEqual([idOf(mine)])
      // Nobody holds its cookie any more but who has copied it.
      expect(await endingsOf(userOf(theirs))).toEqual({ [idOf(theirs)]: 'replaced' })
      const { refreshToken, accessToken } = tokensOf(theirs)
      expectStatus(await postRefresh(refreshToken), 403, 'refresh_invalid')
      expectStatus(await me(accessToken), 401, 'session_ended')
    },
  )

  it('where the second takes the tokens in the body, the cookies of the first stay and go on', async () => {
    const [first, second] = [await ownerIn('active'), await ownerIn('active')]
    const browser = new Browser()
    const logIn = ({ email, password }: Person, tokenTransport: string) =>
      browser.call(`${API}/auth/login`, { body: { email, password, tokenTransport } })
    expectStatus(await logIn(first, 'cookie'), 200)
    expectStatus(await logIn(second, 'body'), 200)
    const known = await browser.call(`${API}/auth/me`)
    expect(known.data).toMatchObject({ user: { email: first.email } })
  })

  it('a login that gets nobody in leaves the first signed in', async () => {
    const [first, second] = [await ownerIn('active'), await ownerIn('active')]
    const browser = new Browser()
    const logIn = (body: object, env?: Env) =>
      browser.call(`${API}/auth/login`, {
        body: { ...body, tokenTransport: 'cookie' },
        ...(env && { env }),
      })
    const { email, password } = second
    expectStatus(await logIn({ email: first.email, password: first.password }), 200)
    expectStatus(await logIn({ email, password: 'Wrong-Harbour-99' }), 401)
    for (const broken of [
      failingObject('ACCOUNT_GUARD', 'begin', 'throws'),
      failingObject('ACCOUNT_GUARD', 'settle', 'throws'),
      failingDatabase(),
    ]) {
      expectStatus(await logIn({ email, password }, broken), 503, 'unavailable')
      const known = await browser.call(`${API}/auth/me`)
      expectStatus(known, 200)
      expect(known.data).toMatchObject({ user: { email: first.email } })
    }
  })

  it('the CSRF token of the first does nothing with the cookies of the second', async () => {
    const [first, second] = [await ownerIn('active'), await ownerIn('active')]
    const browser = new Browser()
    const logIn = ({ email, password }: Person) =>
      browser.call(`${API}/auth/login`, { body: { email, password, tokenTransport: 'cookie' } })
    const theirs = await logIn(first)
    const mine = await logIn(second)
    const headers = { 'X-CSRF-Token': String(theirs.data.csrfToken) }
    for (const [method, path] of [
      ['POST', '/auth/refresh'],
      ['POST', '/auth/logout'],
      ['POST', '/auth/logout-all'],
      ['DELETE', '/sessions'],
    ] as const) {
      expectStatus(await browser.call(`${API}${path}`, { method, headers }), 403, 'csrf_failed')
    }
    expect(await livingIds(userOf(mine))).toEqual([idOf(mine)])
  })

  // A device is bound to no user: without the other's cookie a login replaces a session of its own user only.
  it('on one device without cookies, each replaces their own session and nobody else’s', async () => {
    const [first, second] = [await ownerIn('active'), await ownerIn('active')]
    const theirs = await openSession(first)
    const mine = await openSession(second, { deviceToken: theirs.deviceToken })
    expect((await sessionRow(mine.id)).deviceId).toBe((await sessionRow(theirs.id)).deviceId)
    expectStatus(await me(theirs.accessToken), 200)
    const again = await openSession(first, { deviceToken: theirs.deviceToken })
    expect(await endingsOf(theirs.userId)).toEqual({
      [theirs.id]: 'replaced',
      [again.id]: null,
    })
    expectStatus(await me(mine.accessToken), 200)
  })
})

describe('what a client sends as an id is never adopted', () => {
  it.each(['body', 'hybrid', 'cookie'] as const)(
    'a session id, in whatever field (%s)',
    async (tokenTransport) => {
      const { email, password } = await ownerIn('active')
      const chosen = newId(Date.now())
      const stranger = await openSession(await ownerIn('active'))
      for (const id of [chosen, stranger.id]) {
        const names = ['id', 'sessionId', 'session_id', 'sid', 'deviceId', 'userId', 'communityId']
        const answer = await postLogin({
          email,
          password,
          tokenTransport,
          session: { id },
          refreshToken: stranger.refreshToken,
          ...Object.fromEntries(names.map((name) => [name, id])),
        })
        expectStatus(answer, 200)
        const row = await sessionRow(idOf(answer))
        expect([row.id, row.deviceId, row.userId, row.communityId]).not.toContain(id)
      }
      expectStatus(await me(stranger.accessToken), 200)
    },
  )

  it('cookies that somebody else put into the browser: the session is a new one, and theirs opens nothing of it', async () => {
    const [victim, attacker] = [await ownerIn('active'), await ownerIn('active')]
    const planted = await openSession(attacker, { transport: 'cookie' })
    const { email, password } = victim
    const answer = await postLogin(
      { email, password, tokenTransport: 'cookie' },
      { headers: { Cookie: planted.cookie } },
    )
    expectStatus(answer, 200)
    expect(idOf(answer)).not.toBe(planted.id)
    const { accessToken, refreshToken } = tokensOf(answer)
    expect([planted.accessToken, planted.refreshToken]).not.toContain(accessToken)
    expect(refreshToken).not.toContain(planted.id)
    expectStatus(await me(accessToken), 200)
    expectStatus(await me(planted.accessToken), 401, 'session_ended')
    expectStatus(await postRefresh(planted.refreshToken), 403, 'refresh_invalid')
  })

  it('a forged refresh cookie that names the session of somebody else ends nothing', async () => {
    const { email, password } = await ownerIn('active')
    const stranger = await openSession(await ownerIn('active'))
    const [, , generation, secret, mac] = stranger.refreshToken.split('.')
    const others = await openSession(await ownerIn('active'))
    for (const forged of [
      `rt.${others.id}.${generation}.${secret}.${mac}`,
      `rt.${others.id}.${generation}.${secret}`,
      others.id,
    ]) {
      const headers = { Cookie: `__Host-refresh=${forged}` }
      expectStatus(await postLogin({ email, password }, { headers }), 200)
    }
    expectStatus(await me(others.accessToken), 200)
    expectStatus(await me(stranger.accessToken), 200)
  })

  it('a forged device token, in the body or as a cookie', async () => {
    const { email, password } = await ownerIn('active')
    const { deviceToken: genuine } = await openSession(await ownerIn('active'))
    const [id = '', mac = ''] = genuine.split('.')
    const other = newId(Date.now())
    const foreign = createKeyRing([
      { version: 1, secret: crypto.getRandomValues(new Uint8Array(32)) },
    ])
    const forgeries = [
      id,
      `${other}.${mac}`,
      `${id}.${mac.slice(0, -1)}${mac.endsWith('A') ? 'B' : 'A'}`,
      `${id}.`,
      `.${mac}`,
      `${id}.${mac}.${mac}`,
      `${id.toUpperCase()}.${mac}`,
      formatDeviceToken(foreign, id),
      'x',
      '',
    ]
    for (const forged of forgeries) {
      for (const [field, headers] of [
        [forged, {}],
        [undefined, { Cookie: `__Host-device=${forged}` }],
      ] as const) {
        const body = { email, password, tokenTransport: 'body', deviceToken: field }
        const answer = await postLogin(body, { headers })
        expectStatus(answer, 200)
        const { deviceId } = await sessionRow(idOf(answer))
        expect([id, other]).not.toContain(deviceId)
      }
    }
  })

  it('a genuine device token is kept, and the answer gives the same one back', async () => {
    const owner = await ownerIn('active')
    const first = await openSession(owner)
    const again = await openSession(owner, { deviceToken: first.deviceToken })
    expect(again.deviceToken).toBe(first.deviceToken)
  })
})
