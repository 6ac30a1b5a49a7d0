/** What every caller meets: health, documents, keys, headers and refusals. */
import * as z from 'zod'
import { type Checks, expectSame } from './checks.ts'
import type { Answer, Client } from './client.ts'

const API = '/api/v1'

const DOCUMENTED = [
  ['post', `${API}/auth/signup-community`],
  ['post', `${API}/auth/verify-email`],
  ['post', `${API}/auth/resend-verification`],
  ['post', `${API}/auth/login`],
  ['post', `${API}/auth/refresh`],
  ['get', `${API}/auth/csrf`],
  ['post', `${API}/auth/logout`],
  ['post', `${API}/auth/logout-all`],
  ['get', `${API}/sessions`],
  ['delete', `${API}/sessions`],
  ['delete', `${API}/sessions/{id}`],
  ['post', `${API}/auth/not-me`],
  ['post', `${API}/auth/forgot-password`],
  ['post', `${API}/auth/verify-reset-token`],
  ['post', `${API}/auth/reset-password`],
  ['post', `${API}/account/password`],
  ['post', `${API}/account/code`],
  ['patch', `${API}/account`],
  ['post', `${API}/auth/send-otp`],
  ['post', `${API}/auth/send-signup-otp`],
  ['post', `${API}/auth/verify-otp`],
  ['post', `${API}/auth/verify-magic`],
  ['post', `${API}/auth/switch-community`],
  ['post', `${API}/communities/{community}/invitations`],
  ['get', `${API}/communities/{community}/invitations`],
  ['delete', `${API}/communities/{community}/invitations/{invitationId}`],
  ['post', `${API}/auth/accept-invite`],
  ['post', `${API}/invitations/confirm`],
  ['get', `${API}/communities/{community}/members`],
  ['patch', `${API}/communities/{community}/members/{userId}`],
  ['delete', `${API}/communities/{community}/members/{userId}`],
  ['post', `${API}/communities/{community}/owner`],
  ['post', `${API}/communities/{community}/leave`],
  ['post', `${API}/account/email`],
  ['post', `${API}/account/email/verify`],
  ['post', `${API}/auth/revert-email`],
  ['get', `${API}/auth/me`],
  ['patch', `${API}/admin/communities/{community}/status`],
  ['get', `${API}/admin/communities`],
  ['get', `${API}/admin/communities/{community}`],
  ['get', `${API}/admin/email-domains`],
  ['put', `${API}/admin/email-domains/{domain}`],
  ['delete', `${API}/admin/email-domains/{domain}`],
  ['get', `${API}/admin/audit-logs`],
] as const

/** Where mailed links lead to on a laptop. */
const LINK_PAGES = [
  '/verify-email?token=x',
  '/reset-password?token=x',
  '/not-me?token=x',
  '/magic-link?token=x',
  '/accept-invite?token=x',
  '/revert-email?token=x',
]

const SECURITY_HEADERS: Readonly<Record<string, RegExp>> = {
  'x-content-type-options': /^nosniff$/,
  'strict-transport-security': /max-age=\d{8,}/,
  'content-security-policy': /default-src 'none'.*frame-ancestors 'none'/,
  'referrer-policy': /^no-referrer$/,
  'x-request-id': /^[0-9a-f-]{36}$/,
  'cache-control': /^no-store$/,
}

const documentSchema = z.object({
  openapi: z.string().startsWith('3.1'),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
})
const jwksSchema = z.object({ keys: z.array(z.record(z.string(), z.string())).min(1) })
const refusalSchema = z.strictObject({
  success: z.literal(false),
  message: z.string().min(1),
  code: z.string(),
  requestId: z.uuid(),
  errors: z.record(z.string(), z.string()).optional(),
})

/** The code of a refusal; throws where the answer is not in the envelope of errors. */
export function refusalCode({ json, headers }: Answer): string {
  const { code, requestId } = refusalSchema.parse(json)
  expectSame('requestId', requestId, headers.get('X-Request-Id'))
  return code
}

export async function checkSurface({ check }: Checks, client: Client): Promise<void> {
  await check('GET /health/ready finds everything there', async () => {
    const { json } = await client.expect(200, 'GET', '/health/ready')
    z.object({ status: z.literal('healthy') }).parse(json)
  })
  await check('GET /health answers', async () => {
    const { json } = await client.expect(200, 'GET', '/health')
    z.object({ status: z.literal('ok'), timestamp: z.iso.datetime() }).parse(json)
  })
  await check('/openapi.json lists the routes of the path', async () => {
    const { json } = await client.expect(200, 'GET', '/openapi.json')
    const { paths } = documentSchema.parse(json)
    const missing = DOCUMENTED.filter(([method, path]) => !paths[path]?.[method])
    expectSame('what is missing', missing, [])
  })
  for (const page of ['/docs', '/dev/mail', ...LINK_PAGES]) {
    await check(`${page} is a page`, async () => {
      const { headers, text } = await client.expect(200, 'GET', page)
      expectSame('it is HTML', /^text\/html/.test(headers.get('Content-Type') ?? ''), true)
      expectSame('it is whole', /<\/html>\s*$/.test(text), true)
    })
  }
  await check('the JWKS gives public keys and no private one', async () => {
    const { json } = await client.expect(200, 'GET', '/.well-known/jwks.json')
    const { keys } = jwksSchema.parse(json)
    expectSame('private parts', keys.filter((key) => 'd' in key).length, 0)
  })
  await check('security.txt says where to report a weakness, and until when', async () => {
    const { text } = await client.expect(200, 'GET', '/.well-known/security.txt')
    expectSame('Contact', /^Contact: \S+$/m.test(text), true)
    const [, expires = ''] = /^Expires: (\S+)$/m.exec(text) ?? []
    expectSame('it has not expired', Date.parse(expires) > Date.now(), true)
  })
  await checkRefusals({ check }, client)
}

async function checkRefusals({ check }: Pick<Checks, 'check'>, client: Client): Promise<void> {
  await check('an unknown path is 404 in the envelope, with every security header', async () => {
    const answer = await client.expect(404, 'GET', `${API}/nothing-here`)
    expectSame('code', refusalCode(answer), 'not_found')
    for (const [name, pattern] of Object.entries(SECURITY_HEADERS)) {
      const value = answer.headers.get(name) ?? ''
      if (!pattern.test(value)) throw new Error(`${name} is "${value}", expected ${pattern}`)
    }
  })
  await check('another method is 405 and says which are allowed', async () => {
    const answer = await client.expect(405, 'GET', `${API}/auth/login`)
    expectSame('code', refusalCode(answer), 'method_not_allowed')
    expectSame('Allow', answer.headers.get('Allow'), 'POST')
  })
  await check('a body that is not JSON is 415', async () => {
    const answer = await client.expect(415, 'POST', `${API}/auth/login`, {
      body: 'email=a@example.com',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expectSame('code', refusalCode(answer), 'unsupported_media_type')
  })
  await check('broken JSON is 400', async () => {
    const answer = await client.expect(400, 'POST', `${API}/auth/login`, { body: '{"email":' })
    expectSame('code', refusalCode(answer), 'invalid_json')
  })
  await check('/auth/me without a token is 401', async () => {
    const answer = await client.expect(401, 'GET', `${API}/auth/me`)
    expectSame('code', refusalCode(answer), 'unauthenticated')
  })
}
