/** Every cookie of every route that sets one. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postVerification,
  signedUp,
} from '../factories.ts'
import { theft } from '../features/new-device/theft.ts'
import { NEW, postReset, resetLinkOf } from '../features/passwords/password-client.ts'
import { openSession, refreshByCookie } from '../session-client.ts'
import { type Answer, API, call, cookiesOf, expectStatus } from '../support/call.ts'
import { codeOf, SOURCES } from './read-sources.ts'

type Run = (env: Env) => Promise<Answer>

const inCookies = async (run: Env) =>
  openSession(await ownerIn('active'), { transport: 'cookie', call: { env: run } })

/** Each route that sets or clears cookies. */
const ROUTES: Record<string, Run> = {
  'POST /auth/login, hybrid': async (run) => {
    const { email } = await ownerIn('active')
    return postLogin({ email, password: PASSWORD }, { env: run })
  },
  'POST /auth/login, cookie': async (run) => {
    const { email } = await ownerIn('active')
    return postLogin({ email, password: PASSWORD, tokenTransport: 'cookie' }, { env: run })
  },
  'POST /auth/refresh': async (run) => refreshByCookie(await inCookies(run), { env: run }),
  'POST /auth/logout': async (run) => {
    const { cookie, csrfToken } = await inCookies(run)
    const headers = { Cookie: cookie, 'X-CSRF-Token': csrfToken }
    return call(`${API}/auth/logout`, { method: 'POST', headers, env: run })
  },
  'DELETE /sessions': async (run) => {
    const { cookie, csrfToken } = await inCookies(run)
    const headers = { Cookie: cookie, 'X-CSRF-Token': csrfToken }
    return call(`${API}/sessions`, { method: 'DELETE', headers, env: run })
  },
  'POST /auth/verify-email': async (run) => {
    const { communityId } = await signedUp()
    return postVerification(await linkTokenOf(communityId), { env: run })
  },
  'POST /auth/reset-password': async (run) => {
    const { email } = await ownerIn('active')
    return postReset({ token: await resetLinkOf(email), password: NEW }, { env: run })
  },
  'POST /auth/not-me': async (run) => {
    const { token } = await theft()
    return call(`${API}/auth/not-me`, { body: { token }, env: run })
  },
}

describe.each(Object.entries(ROUTES))('the cookies of %s', (_, run) => {
  it.each(['Strict', 'Lax', 'None'])(
    'are bound to this host, out of reach of scripts and of plain HTTP, with SameSite=%s where that is configured',
    async (sameSite) => {
      const answer = await run({ ...env, COOKIE_SAMESITE: sameSite })
      expectStatus(answer, 200)
      const lines = answer.headers.getSetCookie()
      expect(lines.length).toBeGreaterThan(0)
      for (const line of lines) {
        const [pair = '', ...attributes] = line.split('; ')
        expect(pair).toMatch(/^__Host-(refresh|access|device)=/)
        expect(attributes).toEqual(
          expect.arrayContaining(['Path=/', 'HttpOnly', 'Secure', `SameSite=${sameSite}`]),
        )
        expect(attributes.some((attribute) => /^domain/i.test(attribute))).toBe(false)
        expect(line.length).toBeLessThan(4096)
      }
    },
  )

  it('have no value that the body repeats', async () => {
    const answer = await run(env)
    for (const value of Object.values(cookiesOf(answer))) {
      if (value !== '') expect(answer.text).not.toContain(value)
    }
  })
})

describe('the code', () => {
  it('writes cookies in one module', () => {
    const writers = Object.keys(SOURCES).filter((path) =>
      /\bsetCookie\b|\bdeleteCookie\b|set-cookie/i.test(codeOf(path)),
    )
    expect(writers).toEqual(['http/cookies.ts'])
  })
})
