import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { call, expectStatus } from '../support/call.ts'
import { callRaw } from './stream-call.ts'

const DEPLOYED = {
  ...env,
  ENVIRONMENT: 'staging',
  MAIL_PROVIDER: 'resend',
  MAIL_API_KEY: 're_0123456789abcdef',
  MAIL_API_URL: '',
  FRONTEND_URL: 'https://app.gatehouse.example',
} as Env

const LINK_PAGES = [
  '/verify-email',
  '/reset-password',
  '/not-me',
  '/magic-link',
  '/accept-invite',
  '/revert-email',
]

/** As a path of the document, not as the end of an API's. */
const namesPath = (text: string, path: string) => text.includes(`"${path}"`)

describe('what exists on a laptop only', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE'])(
    '%s answers 404 elsewhere, as if it were not there',
    async (method) => {
      for (const path of [
        '/dev/mail',
        '/dev/mail.json',
        '/dev/nothing',
        ...LINK_PAGES.map((page) => `${page}?token=x`),
      ]) {
        const answer = await call(path, { method, env: DEPLOYED })
        expectStatus(answer, 404, method === 'HEAD' ? undefined : 'not_found')
        expect(answer.headers.get('Allow')).toBeNull()
      }
      for (const path of ['/dev/mail', ...LINK_PAGES]) {
        expect((await call(path, { method: 'PUT' })).status).toBe(405)
      }
    },
  )

  it('is in no document elsewhere, and neither is the cost of a request', async () => {
    for (const [bindings, isThere] of [
      [DEPLOYED, false],
      [env, true],
    ] as const) {
      const answer = await call('/openapi.json', { env: bindings })
      expectStatus(answer, 200)
      const pages = ['/dev/mail', ...LINK_PAGES]
      for (const page of pages) expect(namesPath(answer.text, page)).toBe(isThere)
      expect(answer.headers.has('Server-Timing')).toBe(isThere)
      expect(answer.text).toContain('/api/v1/auth/login')
    }
  })
})

describe('a client that breaks off its upload', () => {
  it('is no fault of ours', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"email":'))
        controller.error(new Error('the client went away'))
      },
    })
    const answer = await callRaw('/api/v1/auth/login', { body })
    expectStatus(answer, 400, 'invalid_json')
    expect(answer.json.message).toBe('The request body ended early.')
  })
})
