/** As canary.test.ts: one walk through what sessions and passwords go through, then a search for every secret of it. */
import { describe, expect, it, vi } from 'vitest'
import { alone, cookiesIn, listening, shown, wholeDatabase, wholeGuard } from './canary-places.ts'
import { ownerIn, postLogin } from './factories.ts'
import {
  askForCode,
  deliverAll,
  mailedCode,
  otherCode,
  postChange,
  postCheck,
  postForgot,
  postReset,
} from './features/passwords/password-client.ts'
import {
  mailedToken,
  type OpenSession,
  openSession,
  postRefresh,
  refreshByCookie,
  tokensOf,
} from './session-client.ts'
import { type Answer, API, call, expectStatus } from './support/call.ts'
import { failingBatch, failingDatabase, failingObject } from './support/faults.ts'

const PASSWORDS = {
  first: 'Canary-Harbour-31',
  wrong: 'Canary-Wrong-99',
  byReset: 'Canary-Lantern-64',
  byChange: 'Canary-Meadow-83',
  byCode: 'Canary-Orchard-47',
  refused: 'canary1',
}

/** What one walk has used and seen. */
function createWalk(email: string) {
  const { lines, messages, heard } = listening()
  const answers: Answer[] = []
  const secrets: Record<string, string> = { ...PASSWORDS }
  return {
    email,
    lines,
    messages,
    answers,
    secrets,
    heard,
    /** Options of a call that is listened to, with a fault or without. */
    on: (fault?: Env) => ({ env: heard(fault) }),
    /** An answer that must hold no secret. */
    keep(answer: Answer, status: number): Answer {
      expectStatus(answer, status)
      answers.push(answer)
      return answer
    },
    /** Tokens that somebody holds from now on. */
    note(name: string, tokens: Partial<OpenSession>): void {
      const { accessToken, refreshToken, csrfToken, deviceToken, cookie } = tokens
      const texts = { accessToken, refreshToken, csrfToken, deviceToken, ...cookiesIn(cookie) }
      for (const [kind, text] of Object.entries(texts)) {
        if (text) secrets[`${name}: ${kind}`] = text
        if (text?.startsWith('rt.')) secrets[`${name}: secret`] = text.split('.')[3] ?? ''
      }
    },
  }
}

type Walk = ReturnType<typeof createWalk>

/** Sessions opened, refreshed, refused, and one token used twice. */
async function walkSessions({ email, on, keep, note }: Walk): Promise<void> {
  const person = { email, password: PASSWORDS.first }
  const first = await openSession(person, { call: on() })
  note('first', first)
  const browser = await openSession(person, { transport: 'cookie', call: on() })
  note('browser', browser)
  const second = tokensOf(await postRefresh(first.refreshToken, on()))
  note('second', second)
  const { refreshToken } = second
  note('third', tokensOf(await postRefresh(refreshToken, on())))
  note('by cookie', tokensOf(await refreshByCookie(browser, on())))
  keep(await refreshByCookie({ ...browser, csrfToken: 'x' }, on()), 403)
  keep(await refreshByCookie(browser, on(failingDatabase())), 503)
  keep(await postRefresh(refreshToken, on(failingBatch(0, 0).env)), 503)
  keep(await postRefresh(`${refreshToken.slice(0, -1)}~`, on()), 403)
  const inAddress = `${API}/auth/refresh?refreshToken=${refreshToken}`
  keep(await call(inAddress, { ...on(), method: 'POST' }), 403)
  const reused = keep(await postRefresh(first.refreshToken, on()), 403)
  expect(reused.json.code).toBe('refresh_reused')
}

/** The mail of a new device, and its link. */
async function walkNotMe({ email, secrets, on, keep, note }: Walk): Promise<void> {
  note('stranger', await openSession({ email, password: PASSWORDS.first }, { call: on() }))
  const token = await mailedToken(email, 'not_me')
  secrets.notMe = token
  const deny = (fault?: Env) => call(`${API}/auth/not-me`, { ...on(fault), body: { token } })
  keep(await call(`/not-me?token=${token}`, on()), 200)
  keep(await deny(failingBatch(0, 3).env), 503)
  note('denied', tokensOf(keep(await deny(), 200)))
  keep(await deny(), 400)
  secrets.resetByNotMe = await mailedToken(email, 'reset_password')
}

async function walkReset({ email, secrets, on, keep, note }: Walk): Promise<void> {
  keep(await postForgot(email, on(failingBatch(0, 1).env)), 503)
  keep(await postForgot(email, on()), 202)
  const token = await mailedToken(email, 'reset_password')
  secrets.reset = token
  keep(await call(`/reset-password?token=${token}`, on()), 200)
  keep(await call(`${API}/auth/reset-password?token=${token}`, on()), 405)
  keep(await postCheck(token, on()), 200)
  const body = { token, password: PASSWORDS.byReset }
  keep(await postReset({ ...body, password: PASSWORDS.refused }, on()), 400)
  keep(await postReset({ ...body, confirmPassword: 'x' }, on()), 422)
  for (let k = 0; k < 7; k++) keep(await postReset(body, on(failingBatch(0, k).env)), 503)
  const deaf = failingObject('ACCOUNT_GUARD', 'change', 'throws')
  note('after the reset', tokensOf(keep(await postReset(body, on(deaf)), 200)))
  keep(await postReset(body, on()), 400)
}

/** A change by password, one by code, and what is refused; gives the code and what the guard kept of it. */
async function walkChange({ email, heard, on, keep, note }: Walk) {
  keep(await postLogin({ email, password: PASSWORDS.first }, on()), 401)
  const session = await openSession({ email, password: PASSWORDS.byReset }, { call: on() })
  note('owner', session)
  const change = (body: object, fault?: Env) => postChange(session, body, on(fault))
  const right = { currentPassword: PASSWORDS.byReset, newPassword: PASSWORDS.byChange }
  keep(await change({ ...right, currentPassword: PASSWORDS.wrong }), 403)
  keep(await change({ ...right, newPassword: PASSWORDS.refused }), 400)
  keep(await change({ ...right, code: '000000' }), 422)
  for (let k = 0; k < 7; k++) keep(await change(right, failingBatch(0, k).env), 503)
  keep(await change(right), 200)
  keep(await askForCode(session, on(failingBatch(0, 0).env)), 503)
  keep(await askForCode(session, on()), 202)
  await deliverAll(email, heard())
  const code = await mailedCode(email)
  const guard = await wholeGuard(email)
  const byCode = { newPassword: PASSWORDS.byCode }
  keep(await change({ ...byCode, code: otherCode(code) }), 400)
  keep(await change({ ...byCode, code }, failingBatch(0, 0).env), 503)
  keep(await change({ ...byCode, code }), 400)
  note('last', tokensOf(await postLogin({ email, password: PASSWORDS.byChange }, on())))
  return { code, guard }
}

describe('the canary search through sessions and passwords', () => {
  it('finds no password, link, code, token, cookie or address where it does not belong', async () => {
    const { first: password } = PASSWORDS
    const { email, form } = await ownerIn('active', { password, confirmPassword: password })
    const walk = createWalk(email)
    await walkSessions(walk)
    await walkNotMe(walk)
    await walkReset(walk)
    await deliverAll(email, walk.heard())
    const { code, guard } = await walkChange(walk)
    vi.restoreAllMocks()

    const { lines, messages, answers, secrets } = walk
    const places = {
      'the log': lines.join('\n'),
      'the database': await wholeDatabase(),
      'an answer': answers.map(({ text, headers }) => text + shown(headers)).join('\n'),
      'a queue message': JSON.stringify(messages),
      'the guard': guard + (await wholeGuard(email)),
    }
    // The search itself: what must be there is there, and nothing looked for is empty.
    expect(lines.length).toBeGreaterThan(60)
    expect(answers.length).toBeGreaterThan(35)
    expect(places['the log']).toContain('"event":"database_failed"')
    expect(places['the database']).toContain(form.communityName)
    expect(places['a queue message']).toContain('"type":"outbox"')
    expect(places['the guard']).toMatch(/"digest":"[\w-]{43}"/)
    expect(code).toMatch(/^\d{6}$/)
    expect(Object.keys(secrets).length).toBeGreaterThan(30)
    expect(Object.values(secrets).filter((secret) => secret.length < 7)).toEqual([])
    for (const [place, text] of Object.entries(places)) {
      for (const [name, secret] of Object.entries(secrets)) {
        expect(text.includes(secret), `${name} in ${place}`).toBe(false)
      }
      expect(alone(code).test(text), `the code in ${place}`).toBe(false)
      if (place !== 'the database') expect(text.includes(email), `address in ${place}`).toBe(false)
    }
  })
})
