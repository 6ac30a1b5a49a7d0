/**
 * The limit of the address that a link is mailed to: nobody hears of it. Beyond it the answer stays 202, no mail goes
 * out, and the link that was mailed last works on. That of codes, which is told, is in code-limits.test.ts.
 */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { MailTemplate } from '../../src/db/schema/index.ts'
import type { LinkPurpose } from '../../src/mail/compose-secrets.ts'
import { linkTokenOf, ownerIn, postVerification, signedUp } from '../factories.ts'
import {
  at,
  HOUR,
  isLinkAlive,
  MINUTE,
  mailsOf,
  postForgot,
  SECOND,
} from '../features/passwords/password-client.ts'
import { mailedToken } from '../session-client.ts'
import { API, type CallOptions, call, cookiesOf, expectStatus } from '../support/call.ts'

interface MailRoute {
  route: string
  variable: keyof Env
  template: MailTemplate
  purpose: LinkPurpose
  ask: (email: string, options: CallOptions) => ReturnType<typeof call>
  works: (token: string) => Promise<boolean>
}

const ROUTES: MailRoute[] = [
  {
    route: 'POST /api/v1/auth/forgot-password',
    variable: 'FORGOT_LIMIT_PER_HOUR_AND_ADDRESS',
    template: 'password_reset',
    purpose: 'reset_password',
    ask: postForgot,
    works: async (token) => (await isLinkAlive(token)) === true,
  },
  {
    route: 'POST /api/v1/auth/resend-verification',
    variable: 'RESEND_LIMIT_PER_HOUR_AND_ADDRESS',
    template: 'verify_email',
    purpose: 'verify_email',
    ask: (email, options) =>
      call(`${API}/auth/resend-verification`, { ...options, body: { email } }),
    works: async (token) => (await postVerification(token)).status === 200,
  },
]

/** An account with one more signup that waits, so that both links may be asked for, and the browser that it knows. */
async function personWithBrowser() {
  const { email } = await ownerIn('active')
  const second = await signedUp({ email })
  const answer = await postVerification(await linkTokenOf(second.communityId))
  await signedUp({ email })
  const device = cookiesOf(answer)['__Host-device'] ?? ''
  return { email, headers: { Cookie: `__Host-device=${device}` } }
}

describe.each(ROUTES)('$route, per address', (one) => {
  const ask = async (email: string, options: CallOptions = {}) =>
    expectStatus(await one.ask(email, options), 202)
  const mails = async (email: string) => (await mailsOf(email, one.template)).length

  it('mails three in an hour; the fourth is answered alike, and the third link works', async () => {
    const { email } = await personWithBrowser()
    for (let n = 0; n < 3; n++) await ask(email)
    const third = await mailedToken(email, one.purpose)
    await ask(email)
    expect(await mails(email)).toBe(3)
    expect(await mailedToken(email, one.purpose)).toBe(third)
    expect(await one.works(third)).toBe(true)
  })

  it('tells nobody: the fields speak of the client alone', async () => {
    const { email } = await personWithBrowser()
    const [allowed, beyond] = await at(Date.now(), async () => {
      const first = await one.ask(email, {})
      for (let n = 0; n < 2; n++) await ask(email)
      return [first, await one.ask(email, {})]
    })
    const shown = ({ status, text, headers }: typeof allowed) => {
      const rest = [...headers].filter(([name]) => !/^(x-request-id|server-timing)$/.test(name))
      return { status, text, headers: rest }
    }
    expect(shown(beyond)).toEqual(shown(allowed))
    expect(beyond.headers.get('RateLimit')).not.toMatch(/ddress/)
    expect(await mails(email)).toBe(3)
  })

  it('is a number that can be set', async () => {
    const { email } = await personWithBrowser()
    const workerEnv = { ...env, [one.variable]: '1' }
    for (let n = 0; n < 2; n++) await ask(email, { env: workerEnv })
    expect(await mails(email)).toBe(1)
    await ask(email)
    expect(await mails(email)).toBe(2)
  })

  it('slides exactly: the next one goes out when the first is an hour old', async () => {
    const { email } = await personWithBrowser()
    const start = Date.now()
    const mailsAfter = (moment: number) =>
      at(start + moment, async () => {
        await ask(email)
        return mails(email)
      })
    expect(await mailsAfter(0)).toBe(1)
    expect(await mailsAfter(10 * MINUTE)).toBe(2)
    expect(await mailsAfter(20 * MINUTE)).toBe(3)
    expect(await mailsAfter(HOUR - SECOND)).toBe(3)
    expect(await mailsAfter(HOUR)).toBe(4)
    expect(await mailsAfter(HOUR)).toBe(4)
    expect(await mailsAfter(HOUR + 10 * MINUTE)).toBe(5)
  })

  it('counts every address apart, and the browser that the account knows apart from strangers', async () => {
    const { email, headers } = await personWithBrowser()
    const other = await personWithBrowser()
    for (let n = 0; n < 4; n++) await ask(email)
    await ask(other.email)
    expect(await mails(other.email)).toBe(1)
    for (let n = 0; n < 4; n++) await ask(email, { headers })
    expect(await mails(email)).toBe(6)
    // The browser of another account is a stranger here.
    await ask(email, { headers: other.headers })
    expect(await mails(email)).toBe(6)
  })
})
