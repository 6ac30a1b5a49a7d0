import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { newId } from '../../../src/lib/ids.ts'
import type { AskedRange } from '../../breached-passwords.ts'
import { db, postSignup, signupForm } from '../../factories.ts'
import { expectStatus } from '../../support/call.ts'

const BREACHED = 'Harbour-Kettle-77'

/** The environment with the lookup on, at a list that behaves as `plan` says. */
function lookingUp(plan: string) {
  const base = `${env.TEST_PROVIDER_URL}/breaches/${plan}/${newId(0)}`
  const asked = async () => (await (await fetch(`${base}/asked`)).json()) as AskedRange[]
  // Whose answer is waited for has its time on a busy machine too; who never answers is soon given up.
  const BREACH_TIMEOUT_MS = plan === 'hang' ? 1000 : 20_000
  return { env: { ...env, BREACH_LOOKUP: 'on', BREACH_API_URL: base, BREACH_TIMEOUT_MS }, asked }
}

const withPassword = (password: string) => signupForm({ password, confirmPassword: password })

/** All lines of the log from here on. */
function logged(): string[] {
  const lines: string[] = []
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)))
  }
  return lines
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('POST /api/v1/auth/signup-community with a password from a breach', () => {
  describe('works', () => {
    it('while the list does not answer: accepted, and the log says that the lookup was skipped', async () => {
      const list = lookingUp('500')
      const lines = logged()
      const answer = await postSignup(withPassword(BREACHED), { env: list.env })
      expectStatus(answer, 201)
      expect(lines.map((line) => JSON.parse(line))).toContainEqual({
        level: 'warn',
        event: 'breach_check_skipped',
        requestId: answer.headers.get('X-Request-Id'),
        reason: 'http_500',
      })
      const [request] = await list.asked()
      const prefix = request?.path.slice('/range/'.length) ?? ''
      expect(prefix).toMatch(/^[0-9A-F]{5}$/)
      expect(lines.join('\n')).not.toContain(BREACHED)
      expect(lines.join('\n')).not.toContain(prefix)
    })

    it('while the list hangs: accepted after a moment', async () => {
      const list = lookingUp('hang')
      const lines = logged()
      const started = performance.now()
      expectStatus(await postSignup(withPassword(BREACHED), { env: list.env }), 201)
      expect(performance.now() - started).toBeLessThan(4000)
      expect(lines.join('\n')).toContain('"reason":"timeout"')
    })

    it('while the lookup is off, as it is on a laptop: nobody is asked', async () => {
      const list = lookingUp('ok')
      const lines = logged()
      const off = { ...list.env, BREACH_LOOKUP: 'off' }
      expectStatus(await postSignup(withPassword(BREACHED), { env: off }), 201)
      expect(await list.asked()).toEqual([])
      expect(lines.join('\n')).not.toContain('breach_check_skipped')
    })

    it('and with any other: one question to the list, and no round trip more', async () => {
      const list = lookingUp('ok')
      const lines = logged()
      const answer = await postSignup(signupForm(), { env: list.env })
      expectStatus(answer, 201)
      expect(answer.headers.get('Server-Timing')).toMatch(
        /^d1;desc="2", do;desc="2", hash;desc="1"/,
      )
      expect(await list.asked()).toHaveLength(1)
      expect(lines.join('\n')).not.toContain('breach_check_skipped')
    })
  })

  describe('refuses', () => {
    it('it, says why under its field, and stores nobody', async () => {
      const form = withPassword(BREACHED)
      const answer = await postSignup(form, { env: lookingUp('ok').env })
      expectStatus(answer, 400, 'password_rejected')
      expect(answer.json.errors).toEqual({
        password: expect.stringContaining('known from a data breach'),
      })
      expect(answer.headers.get('Server-Timing')).not.toContain('hash')
      expect(await db.select().from(users).where(eq(users.email, form.email))).toEqual([])
    })

    it('it without taking one of the signups of that hour', async () => {
      const { env: on } = lookingUp('ok')
      const ip = '198.51.100.77'
      for (let n = 0; n < 6; n++) {
        expectStatus(await postSignup(withPassword(BREACHED), { env: on, ip }), 400)
      }
      expectStatus(await postSignup(signupForm(), { env: on, ip }), 201)
    })
  })

  describe('is safe', () => {
    it('neither the answer nor the log repeats the password or a part of its hash', async () => {
      const list = lookingUp('ok')
      const lines = logged()
      const answer = await postSignup(withPassword(BREACHED), { env: list.env })
      const [request] = await list.asked()
      const told = `${answer.text}\n${lines.join('\n')}`
      expect(told).not.toContain(BREACHED)
      expect(told).not.toContain(request?.path.slice('/range/'.length))
    })

    it('what the policy refuses, and what is no signup at all, is never looked up', async () => {
      const list = lookingUp('ok')
      expectStatus(await postSignup(withPassword('Password1!'), { env: list.env }), 400)
      expectStatus(await postSignup(signupForm({ city: '' }), { env: list.env }), 422)
      expect(await list.asked()).toEqual([])
    })
  })
})
