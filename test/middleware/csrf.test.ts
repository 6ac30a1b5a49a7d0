import { beforeAll, describe, expect, it } from 'vitest'
import {
  admin,
  communityRow,
  ownerIn,
  PASSWORD,
  postLogin,
  type SignedUp,
  signedUp,
  unique,
} from '../factories.ts'
import { expectEnvelope } from '../http/expect-answer.ts'
import { expectQuickAnswer } from '../lib/hostile.ts'
import { API, call, cookiesOf, expectStatus } from '../support/call.ts'
import { traced } from '../support/faults.ts'
import { DEVICE_COOKIE, FOREIGN, type Headers, listed, TRUSTED } from './origins.ts'

let owner: SignedUp
beforeAll(async () => {
  owner = await ownerIn('active')
})

describe('a login, which sets our cookies', () => {
  const attempt = (headers: Headers, run = listed as Env) =>
    postLogin({ email: owner.email, password: PASSWORD }, { headers, env: run })

  it.each(TRUSTED)('works from a page of ours, or from no page: %j', async (headers) => {
    expectStatus(await attempt(headers), 200)
  })

  it.each(FOREIGN)(
    'refuses a foreign page, so that nobody is logged in behind their back: %j',
    async (headers) => {
      const trace = traced()
      const answer = await attempt(headers, {
        ...trace.env,
        ALLOWED_ORIGINS: listed.ALLOWED_ORIGINS,
      })
      expectEnvelope(answer, 'csrf_failed')
      expect(answer.headers.getSetCookie()).toEqual([])
      expect(trace.steps.filter((step) => !step.startsWith('object RATE_LIMITER'))).toEqual([])
    },
  )

  it.each(FOREIGN)('refuses it whatever else it brings: %j', async (headers) => {
    expectEnvelope(await attempt({ ...headers, ...DEVICE_COOKIE }), 'csrf_failed')
    expectEnvelope(await attempt({ ...headers, Authorization: 'Bearer a.b.c' }), 'csrf_failed')
    expectEnvelope(await attempt({ ...headers, 'X-CSRF-Token': 'anything' }), 'csrf_failed')
  })
})

describe('verify-email, which sets the device cookie', () => {
  const verify = (headers: Headers) =>
    call(`${API}/auth/verify-email`, { body: { token: 'x'.repeat(43) }, headers, env: listed })

  it('asks a page of ours for nothing more, and refuses a foreign one', async () => {
    for (const headers of TRUSTED) expectEnvelope(await verify(headers), 'token_invalid')
    for (const headers of FOREIGN) expectEnvelope(await verify(headers), 'csrf_failed')
  })
})

describe('resend, which neither sets nor needs cookies', () => {
  const resend = (headers: Headers) =>
    call(`${API}/auth/resend-verification`, {
      body: { email: `nobody@${unique()}.example` },
      headers,
      env: listed,
    })

  it('takes any request without our cookies', async () => {
    for (const headers of [...TRUSTED, ...FOREIGN]) expectStatus(await resend(headers), 202)
    for (const headers of FOREIGN) {
      const theirs = { Cookie: 'session=1; device=2; __Secure-device=3; x__Host-device=4' }
      expectStatus(await resend({ ...headers, ...theirs }), 202)
    }
  })

  it.each(['device', 'refresh', 'access', 'flow'])(
    'refuses a foreign page as soon as it carries our %s cookie, unless that is ignored',
    async (kind) => {
      const cookie = { Cookie: `theme=dark; __Host-${kind}=anything` }
      for (const headers of TRUSTED) expectStatus(await resend({ ...headers, ...cookie }), 202)
      for (const headers of FOREIGN) {
        expectEnvelope(await resend({ ...headers, ...cookie }), 'csrf_failed')
        const authorized = { ...headers, ...cookie, Authorization: 'Bearer a.b.c' }
        expectStatus(await resend(authorized), 202)
      }
    },
  )
})

describe('a change by a person whom the cookie authenticates', () => {
  let cookie = ''
  let csrfToken = ''
  let otherCsrfToken = ''
  let bearer = ''

  beforeAll(async () => {
    const person = await admin()
    bearer = person.token
    const logIn = () =>
      postLogin({ email: person.email, password: PASSWORD, tokenTransport: 'cookie' })
    const login = await logIn()
    expectStatus(login, 200)
    cookie = `__Host-access=${cookiesOf(login)['__Host-access']}`
    csrfToken = String(login.data.csrfToken)
    otherCsrfToken = String((await logIn()).data.csrfToken)
    expect(login.data.accessToken).toBeUndefined()
    expect(otherCsrfToken).not.toBe(csrfToken)
  })

  const approve = async (headers: Headers, query = '') => {
    const { communityId } = await signedUp()
    const answer = await call(`${API}/admin/communities/${communityId}/status${query}`, {
      method: 'PATCH',
      body: { status: 'approved', csrfToken },
      headers,
      env: listed,
    })
    const status = (await communityRow(communityId))?.status
    expect(status).toBe(answer.status === 200 ? 'approved' : 'pending')
    return answer
  }

  it.each(TRUSTED)('works with cookie and CSRF token from a page of ours: %j', async (headers) => {
    const answer = await approve({ ...headers, Cookie: cookie, 'X-CSRF-Token': csrfToken })
    expectStatus(answer, 200)
  })

  it.each(FOREIGN)('refuses a foreign page even with the right token: %j', async (headers) => {
    const answer = await approve({ ...headers, Cookie: cookie, 'X-CSRF-Token': csrfToken })
    expectEnvelope(answer, 'csrf_failed')
  })

  it('refuses the cookie without its CSRF token, in the header and nowhere else', async () => {
    const flipped = `${csrfToken.startsWith('A') ? 'B' : 'A'}${csrfToken.slice(1)}`
    const wrong = ['', 'null', flipped, otherCsrfToken, `${csrfToken}A`, csrfToken.slice(1)]
    for (const headers of TRUSTED.slice(0, 2)) {
      expectEnvelope(await approve({ ...headers, Cookie: cookie }), 'csrf_failed')
      for (const token of wrong) {
        const answer = await approve({ ...headers, Cookie: cookie, 'X-CSRF-Token': token })
        expectEnvelope(answer, 'csrf_failed')
      }
    }
    const inQuery = await approve({ Cookie: cookie }, `?csrfToken=${csrfToken}`)
    expectEnvelope(inQuery, 'csrf_failed')
    const inCookie = await approve({ Cookie: `${cookie}; csrfToken=${csrfToken}` })
    expectEnvelope(inCookie, 'csrf_failed')
  })

  it('refuses 100 kB of CSRF token at once', async () => {
    const hostile = `${'='.repeat(100_000)}x`
    await expectQuickAnswer(async () => {
      const answer = await approve({ Cookie: cookie, 'X-CSRF-Token': hostile })
      expectEnvelope(answer, 'csrf_failed')
    }, 1000)
  })

  it('ignores cookies where there is an Authorization header', async () => {
    const authorization = { Authorization: `Bearer ${bearer}` }
    for (const headers of [...TRUSTED, ...FOREIGN]) {
      expectStatus(await approve({ ...headers, ...authorization, Cookie: cookie }), 200)
    }
    const other = { Authorization: 'Bearer a.b.c', 'X-CSRF-Token': csrfToken, Cookie: cookie }
    expectEnvelope(await approve(other), 'unauthenticated')
  })

  it('reads with the cookie alone: safe methods need no CSRF token', async () => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await call(`${API}/auth/me`, { method, headers: { Cookie: cookie } })
      expect(answer.status).toBe(200)
    }
  })
})

describe('the Authorization header', () => {
  let token = ''
  beforeAll(async () => {
    token = (await admin()).token
  })
  const me = (authorization: string) =>
    call(`${API}/auth/me`, { headers: { Authorization: authorization } })

  it('takes Bearer in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expectStatus(await me(`${scheme} ${token}`), 200)
    }
  })

  it('takes no other form and never fails over one', async () => {
    const basic = btoa(`admin:${token}`)
    const odd = [
      token,
      `Basic ${token}`,
      `Basic ${basic}`,
      `Token ${token}`,
      `DPoP ${token}`,
      `Bearer  ${token}`,
      `Bearer\t${token}`,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token},`,
      `Bearer "${token}"`,
      `Bearer ${token} x`,
      `Bearer=${token}`,
      'Bearer',
      'Bearer ',
      'Bearer ..',
      'Bearer null',
      'Bearer undefined',
      `Bearer ${'a'.repeat(16_000)}.b.c`,
      `Bearer ${token.split('.').slice(0, 2).join('.')}.`,
      '',
    ]
    for (const authorization of odd) {
      const answer = await me(authorization)
      expect({ authorization, status: answer.status }).toEqual({ authorization, status: 401 })
      expectEnvelope(answer, 'unauthenticated')
    }
  })
})
