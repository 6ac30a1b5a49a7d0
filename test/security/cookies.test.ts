/** Every cookie of every route that sets one. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  postVerification,
  signedUp,
  signupForm,
} from '../factories.ts'
import { theft } from '../features/new-device/theft.ts'
import { NEW, postReset, resetLinkOf } from '../features/passwords/password-client.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  ownerHere,
  postAcceptance,
  useCode,
  useLink,
} from '../mailbox-client.ts'
import { cookieOf, mailedToken, openSession, refreshByCookie } from '../session-client.ts'
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
  'POST /auth/logout-all': async (run) => {
    const { cookie, csrfToken } = await inCookies(run)
    const headers = { Cookie: cookie, 'X-CSRF-Token': csrfToken }
    return call(`${API}/auth/logout-all`, { method: 'POST', headers, env: run })
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
  'POST /auth/send-otp': async (run) => {
    const { email } = await ownerIn('active')
    return call(`${API}/auth/send-otp`, { body: { email }, env: run })
  },
  'POST /auth/send-signup-otp': async (run) =>
    call(`${API}/auth/send-signup-otp`, { body: { email: addressHere() }, env: run }),
  'POST /auth/verify-otp': async (run) => {
    const { email } = await ownerIn('active')
    const { cookie } = await askForCode(email)
    const headers = { Cookie: cookie }
    return useCode({ email, code: await mailedCode(email) }, { headers, env: run })
  },
  'POST /auth/verify-magic': async (run) => {
    const { email } = await ownerIn('active')
    const { cookie } = await askForCode(email)
    const body = { token: await mailedToken(email, 'magic_link'), tokenTransport: 'cookie' }
    return useLink(body, { headers: { Cookie: cookie }, env: run })
  },
  'POST /auth/accept-invite': async (run) => {
    const { token } = await invited(await ownerHere(), addressHere())
    return postAcceptance({ token, tokenTransport: 'cookie' }, { env: run })
  },
  'POST /auth/signup-community, address proven': async (run) => {
    const email = addressHere()
    const { flowId } = await askForCode(email, 'signup')
    const { data } = await useCode({ email, code: await mailedCode(email), flowId })
    return postSignup(signupForm({ email, signupToken: data.signupToken }), { env: run })
  },
  'POST /auth/switch-community': async (run) => {
    const owner = await ownerIn('active')
    const other = await ownerHere()
    const session = await openSession(owner, { transport: 'cookie' })
    const { token } = await invited(other, owner.email)
    const headers = { Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }
    expectStatus(await call(`${API}/invitations/confirm`, { body: { token }, headers }), 200)
    const body = { communityId: other.communityId }
    return call(`${API}/auth/switch-community`, { body, headers, env: run })
  },
  'POST /communities/:community/leave': async (run) => {
    const owner = await ownerHere()
    const { token } = await invited(owner, addressHere())
    const joined = await postAcceptance({ token, tokenTransport: 'cookie' })
    const headers = { Cookie: cookieOf(joined), 'X-CSRF-Token': String(joined.data.csrfToken) }
    const path = `${API}/communities/${owner.slug}/leave`
    return call(path, { method: 'POST', headers, env: run })
  },
  'POST /auth/revert-email': async (run) => {
    const { email, accessToken: token } = await ownerHere()
    const newEmail = addressHere()
    const body = { newEmail, password: PASSWORD }
    expectStatus(await call(`${API}/account/email`, { body, token }), 202)
    const code = await mailedCode(newEmail, 'email_change_code')
    expectStatus(await call(`${API}/account/email/verify`, { body: { code }, token }), 200)
    const undo = { token: await mailedToken(email, 'revert_email') }
    return call(`${API}/auth/revert-email`, { body: undo, env: run })
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
      expect({
        status: answer.status,
        isDone: answer.status < 300,
        body: answer.text,
      }).toMatchObject({ isDone: true })
      const lines = answer.headers.getSetCookie()
      expect(lines.length).toBeGreaterThan(0)
      for (const line of lines) {
        const [pair = '', ...attributes] = line.split('; ')
        expect(pair).toMatch(/^__Host-(refresh|access|device|flow)=/)
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
    for (const [name, value] of Object.entries(cookiesOf(answer))) {
      // A client without cookies is given its flow in the body: it opens nothing by itself.
      if (value !== '' && name !== '__Host-flow') expect(answer.text).not.toContain(value)
    }
  })
})

describe('the table of these tests', () => {
  it('has every route that says it may set cookies', () => {
    const files = Object.keys(SOURCES).filter((path) => path.endsWith('/routes.ts'))
    const saying = files.flatMap((path) => {
      const code = codeOf(path)
      const [, constant] = /const PATH = '([^']+)'/.exec(code) ?? []
      return code
        .split(/\.(?:get|post|put|patch|delete)\(\s/)
        .filter((route) => route.includes('setsCookies: true'))
        .map((route) => /^\s*'([^']+)'/.exec(route)?.[1] ?? constant ?? path)
    })
    expect(saying.length).toBeGreaterThan(10)
    const tested = Object.keys(ROUTES).map((name) => name.replace(/^\w+ |,.*$/g, ''))
    expect(tested).toEqual(expect.arrayContaining(saying))
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
