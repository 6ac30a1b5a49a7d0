/** Nobody is sent on to an address that a request names: not by an answer, and not by a mailed link. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import worker from '../../src/index.ts'
import { accessTokenOf, ownerIn, PASSWORD } from '../factories.ts'
import { inboxOf } from '../features/passwords/password-client.ts'
import { routeList, takesBody } from '../http/route-list.ts'
import { addressHere, mailedCode, ownerHere } from '../mailbox-client.ts'
import { API, call, expectStatus, freshIp } from '../support/call.ts'

const NAMES = [
  'redirectTo',
  'redirect_uri',
  'redirect',
  'next',
  'url',
  'returnTo',
  'continue',
  'callback',
]
const TARGETS = [
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  'https://gatehouse.example@evil.example',
]

describe('an answer', () => {
  it.each(routeList())(
    'of $method $path leads nowhere else, whatever it is asked',
    async (route) => {
      const token = await accessTokenOf(await ownerIn('active'))
      for (const target of TARGETS) {
        const named = Object.fromEntries(NAMES.map((name) => [name, target]))
        const answer = await call(`${route.url}?${new URLSearchParams(named)}`, {
          method: route.method,
          token,
          ...(takesBody(route) && { body: named }),
        })
        expect(answer.status < 300 || answer.status >= 400).toBe(true)
        for (const name of ['Location', 'Refresh', 'Link', 'Content-Location']) {
          expect({ name, value: answer.headers.get(name) }).toEqual({ name, value: null })
        }
        expect(answer.text).not.toContain('evil.example')
      }
    },
  )

  it('to a login neither', async () => {
    const { email } = await ownerIn('active')
    for (const redirectTo of TARGETS) {
      const answer = await call(`${API}/auth/login`, {
        body: { email, password: PASSWORD, redirectTo },
      })
      expectStatus(answer, 200)
      expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('evil.example')
    }
  })
})

/** A request as it comes in under another host's name, with all that a proxy might be believed. */
async function throughAnotherHost(path: string, body: object, token?: string): Promise<number> {
  const request = new Request(`https://evil.example${API}${path}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'CF-Connecting-IP': freshIp(),
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
      'X-Original-Host': 'evil.example',
      Forwarded: 'host=evil.example;proto=http',
      Referer: 'https://evil.example/login',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  }) as Request<unknown, IncomingRequestCfProperties>
  const context = createExecutionContext()
  const { status } = await worker.fetch(request, env, context)
  await waitOnExecutionContext(context)
  return status
}

describe('a mailed link', () => {
  async function expectOurLink(to: string, template: string, page: string) {
    const [mail] = await inboxOf(to, template)
    const link = new URL(mail?.link ?? 'https://there.is.none')
    expect(`${link.origin}${link.pathname}`).toBe(`${env.FRONTEND_URL}${page}`)
    expect(`${mail?.subject}${mail?.text}${mail?.html}`).not.toContain('evil.example')
  }

  it('beside a code leads to our frontend, whatever host the request named', async () => {
    const { email } = await ownerIn('active')
    expect(await throughAnotherHost('/auth/send-otp', { email })).toBe(202)
    await expectOurLink(email, 'otp_code', '/magic-link')
    const newcomer = addressHere()
    expect(await throughAnotherHost('/auth/send-signup-otp', { email: newcomer })).toBe(202)
    await expectOurLink(newcomer, 'otp_code', '/magic-link')
  })

  it('of an invitation too', async () => {
    const { slug, accessToken } = await ownerHere()
    const email = addressHere()
    const path = `/communities/${slug}/invitations`
    expect(await throughAnotherHost(path, { email, role: 'Member' }, accessToken)).toBe(201)
    await expectOurLink(email, 'invitation', '/accept-invite')
  })

  it('that takes an address back too', async () => {
    const { email, accessToken } = await ownerHere()
    const newEmail = addressHere()
    const body = { newEmail, password: PASSWORD }
    expect(await throughAnotherHost('/account/email', body, accessToken)).toBe(202)
    const code = await mailedCode(newEmail, 'email_change_code')
    expect(await throughAnotherHost('/account/email/verify', { code }, accessToken)).toBe(200)
    await expectOurLink(email, 'email_change_notice', '/revert-email')
  })
})
