/** Reset and change judge a new password as signup does: the same table, the same account, through HTTP. */
import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { newId } from '../../../src/lib/ids.ts'
import type { AskedRange } from '../../breached-passwords.ts'
import { admin, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import { PASSWORD_VECTORS, VECTOR_ACCOUNT } from '../../password-vectors.ts'
import { me, type OpenSession, openSession, userRow } from '../../session-client.ts'
import { type Answer, type CallOptions, expectStatus } from '../../support/call.ts'
import {
  auditRowsOf,
  costOf,
  isLinkAlive,
  NEW,
  postChange,
  postReset,
  resetLinkOf,
  WRONG,
} from './password-client.ts'

const BREACHED = 'Harbour-Kettle-77'
const GOOD = PASSWORD_VECTORS.filter(({ verdict }) => verdict === 'accepted')
const BAD = PASSWORD_VECTORS.filter(({ verdict }) => verdict !== 'accepted')
const { email } = VECTOR_ACCOUNT

let current: string = PASSWORD
let session: OpenSession
let link = ''

beforeAll(async () => {
  const { firstName, lastName, communityName } = VECTOR_ACCOUNT
  await ownerIn('active', { email, firstName, lastName, communityName })
  session = await openSession({ email, password: current })
  link = await resetLinkOf(email)
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** The environment with the breach lookup on, at a list that behaves as `plan` says. */
function lookingUp(plan: string) {
  const base = `${env.TEST_PROVIDER_URL}/breaches/${plan}/${newId(0)}`
  const asked = async () => (await (await fetch(`${base}/asked`)).json()) as AskedRange[]
  // Whose answer is waited for has its time on a busy machine too; who never answers is soon given up.
  const BREACH_TIMEOUT_MS = plan === 'hang' ? 1000 : 20_000
  return { env: { ...env, BREACH_LOOKUP: 'on', BREACH_API_URL: base, BREACH_TIMEOUT_MS }, asked }
}

/** The two ways, alike: what each is called with, and the field that it reports. */
const WAYS = [
  {
    way: 'POST /api/v1/auth/reset-password',
    field: 'password',
    set: (password: string, options?: CallOptions) =>
      postReset({ token: link, password, ...repeated(password) }, options),
  },
  {
    way: 'POST /api/v1/account/password',
    field: 'newPassword',
    set: (newPassword: string, options?: CallOptions) =>
      postChange(session, { currentPassword: current, newPassword }, options),
  },
] as const

/** A body of twice 48 000 characters would be beyond what any body may have. */
function repeated(password: string) {
  return password.length < 10_000 ? { confirmPassword: password } : {}
}

/** After a reset: a new link and a new session of the same account. */
async function startAgain(password: string): Promise<void> {
  current = password
  session = await openSession({ email, password })
  link = await resetLinkOf(email)
}

function expectRejected(answer: Answer, field: string, password: string): void {
  expectStatus(answer, 400, 'password_rejected')
  expect(Object.keys(answer.json.errors ?? {})).toEqual([field])
  if (password === '') return
  expect(answer.text).not.toContain(password)
  expect(answer.text).not.toContain(JSON.stringify(password).slice(1, -1))
}

describe.each(WAYS)('$way judges the new password', ({ field, set }) => {
  it.each(GOOD)('and takes $why', async ({ password }) => {
    expectStatus(await set(password), 200)
    await startAgain(password)
  })

  it.each(BAD)('and refuses $why: $verdict', async ({ password }) => {
    expectRejected(await set(password), field, password)
  })

  it('and after every refusal the old one, the session and the link are as they were', async () => {
    const before = await userRow(email)
    for (const { password } of BAD) await set(password)
    expect(await userRow(email)).toEqual(before)
    expectStatus(await me(session.accessToken), 200)
    expect(await isLinkAlive(link)).toBe(true)
    expect(await auditRowsOf(before.id, 'login_failed')).toEqual([])
    expectStatus(await set(NEW), 200)
    await startAgain(NEW)
  })

  it('and refuses it before it costs a hash', async () => {
    expect(costOf(await set('Password1!'))).not.toContain('hash')
  })

  it('and refuses one that a breach had, says so, and uses nothing up', async () => {
    const list = lookingUp('ok')
    const answer = await set(BREACHED, { env: list.env })
    expectRejected(answer, field, BREACHED)
    expect(answer.json.errors).toEqual({
      [field]: expect.stringContaining('known from a data breach'),
    })
    const [request, ...others] = await list.asked()
    expect(others).toEqual([])
    expect(request?.path).toMatch(/^\/range\/[0-9A-F]{5}$/)
    expectStatus(await postLogin({ email, password: current }), 200)
    expect(await isLinkAlive(link)).toBe(true)
  })

  it('and looks up none that the policy refuses', async () => {
    const list = lookingUp('ok')
    for (const { password } of BAD) await set(password, { env: list.env })
    expect(await list.asked()).toEqual([])
  })

  it.each(['500', 'hang'])(
    'and takes it while the breach list fails (%s), which the log tells',
    async (plan) => {
      const lines: string[] = []
      for (const level of ['log', 'warn', 'error'] as const) {
        vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)))
      }
      const answer = await set(BREACHED, { env: lookingUp(plan).env })
      vi.restoreAllMocks()
      expectStatus(answer, 200)
      expect(lines.join('\n')).toContain('"event":"breach_check_skipped"')
      expect(lines.join('\n')).not.toContain(BREACHED)
      await startAgain(BREACHED)
    },
  )
})

describe('a new password', () => {
  it('is not looked up for one whose link or evidence is worth nothing', async () => {
    const list = lookingUp('ok')
    const invented = { token: 'A'.repeat(43), password: BREACHED }
    expectStatus(await postReset(invented, { env: list.env }), 400, 'token_invalid')
    expect(await list.asked()).toEqual([])
  })

  it('may be the old one again: nobody is told what the password is not', async () => {
    expectStatus(await postReset({ token: link, password: current }), 200)
    await startAgain(current)
  })

  it.each(['Kj7#qmplKj7#qm', 'Kj7qmplx'])(
    'of an admin needs fifteen characters: not %s',
    async (short) => {
      const reviewer = await admin()
      const evidence = { currentPassword: PASSWORD }
      const body = { ...evidence, newPassword: short }
      const answer = await postChange({ accessToken: reviewer.token }, body)
      expectRejected(answer, 'newPassword', short)
      const long = { ...evidence, newPassword: 'Kj7#qmplKj7#qmz' }
      expectStatus(await postChange({ accessToken: reviewer.token }, long), 200)
    },
  )

  it('that is refused at a change counts as no attempt, however often', async () => {
    const person = await ownerIn('active')
    const own = await openSession(person)
    for (let n = 0; n < 12; n++) {
      const body = { currentPassword: WRONG, newPassword: 'Password1!' }
      expectStatus(await postChange(own, body), 400, 'password_rejected')
    }
    const body = { currentPassword: PASSWORD, newPassword: NEW }
    expectStatus(await postChange(own, body), 200)
  })

  it('must be text: anything else is no password at all', async () => {
    for (const newPassword of [undefined, null, 12345678, [NEW], { length: 20 }]) {
      const answer = await postChange(session, { currentPassword: current, newPassword })
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ newPassword: expect.any(String) })
    }
  })
})
