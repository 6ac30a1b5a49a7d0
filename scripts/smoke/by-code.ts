/** A community whose owner never chooses a password: signed up, logged in to by code, and by the link beside one. */
import * as z from 'zod'
import type { Admin } from '../admin-command.ts'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client, Mail } from './client.ts'
import { signupForm } from './signup-form.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'
const EMAIL = 'noor.haddad@example.net'
/** Ten logins a minute and five signups an hour are all that one client may have. */
const HERE = { 'CF-Connecting-IP': '203.0.113.7' }

const sent = z.object({ data: z.object({ flowId: z.string(), expiresIn: z.number() }) })
const proof = z.object({ data: z.object({ signupToken: z.string() }) })
const signedUp = z.object({ data: z.object({ communityId: z.uuid(), slug: z.string() }) })
const loggedIn = z.object({
  data: z.object({
    user: z.object({ id: z.uuid(), email: z.string(), role: z.string() }),
    community: z.object({ id: z.uuid(), slug: z.string(), status: z.string() }),
    accessToken: z.string(),
  }),
})

/** Who is signed in, and where. */
export type SignedIn = z.infer<typeof loggedIn>['data']

export async function checkByCode(
  checks: Checks,
  client: Client,
  admin: Admin,
): Promise<SignedIn | undefined> {
  const { check } = checks
  const first = await check(
    'a code proves an address that has no account, in Chinese too',
    async () => {
      const { flowId, headers } = await askForCode(client, EMAIL, 'send-signup-otp', 'zh-CN')
      expectSame('language', headers.get('Content-Language'), 'zh')
      const mail = await client.otherCode(EMAIL, 'otp_code', undefined)
      expectSame('language of the mail', mail.locale, 'zh')
      return { mail, ...(await useCode(client, { code: mail.code, flowId }, proof)) }
    },
  )
  const community = await check('and signs a community up, without a password', async () => {
    const body = { ...ownForm(), signupToken: given(first).signupToken }
    const path = `${API}/auth/signup-community`
    return signedUp.parse((await client.expect(201, 'POST', path, { body, headers: HERE })).json)
      .data
  })
  await check('which an admin finds verified, and approves', () =>
    approve(client, admin, given(community).communityId),
  )
  const login = await check('then a code logs its owner in', async () => {
    const { flowId } = await askForCode(client, EMAIL, 'send-otp')
    const mail = await client.otherCode(EMAIL, 'otp_code', given(first).mail)
    const opened = await useCode(client, { code: mail.code, flowId }, loggedIn)
    expectSame('community', opened.community.status, 'active')
    return { mail, opened }
  })
  await checkLink(checks, client, login?.mail)
  return login?.opened
}

async function checkLink({ check }: Checks, client: Client, known: Mail | undefined) {
  await check('the link beside a code works where it was asked for, and once', async () => {
    const { flowId } = await askForCode(client, EMAIL, 'send-otp')
    const { link = '', code } = await client.otherCode(EMAIL, 'otp_code', given(known))
    const url = new URL(link)
    await client.expect(200, 'GET', url.pathname + url.search)
    const token = url.searchParams.get('token')
    const follow = (status: number, body: object) =>
      client.expect(status, 'POST', `${API}/auth/verify-magic`, {
        body: { token, tokenTransport: 'body', ...body },
        headers: HERE,
      })
    expectSame('another browser', refusalCode(await follow(403, {})), 'wrong_browser')
    loggedIn.parse((await follow(200, { flowId })).json)
    expectSame('again', refusalCode(await follow(400, { flowId })), 'token_used')
    const body = { email: EMAIL, code, flowId }
    const answer = await client.expect(400, 'POST', `${API}/auth/verify-otp`, {
      body,
      headers: HERE,
    })
    expectSame('the code of that mail', refusalCode(answer), 'code_invalid')
  })
}

async function approve(client: Client, admin: Admin, communityId: string): Promise<void> {
  const call = { body: { email: admin.email, password: admin.password }, headers: HERE }
  const answer = await client.expect(200, 'POST', `${API}/auth/login`, call)
  const token = loggedIn.parse(answer.json).data.accessToken
  const path = `${API}/admin/communities/${communityId}`
  const { text } = await client.expect(200, 'GET', path, { token })
  expectSame('verified', text.includes('"emailVerified":true'), true)
  await client.expect(200, 'PATCH', `${path}/status`, { body: { status: 'approved' }, token })
}

async function askForCode(
  client: Client,
  email: string,
  path: 'send-otp' | 'send-signup-otp',
  language = 'en',
) {
  const headers = { ...HERE, 'Accept-Language': language }
  const answer = await client.expect(202, 'POST', `${API}/auth/${path}`, {
    body: { email },
    headers,
  })
  return { headers: answer.headers, ...sent.parse(answer.json).data }
}

async function useCode<T>(
  client: Client,
  { code, flowId }: { code: string | undefined; flowId: string },
  schema: z.ZodType<{ data: T }>,
): Promise<T> {
  const body = { email: EMAIL, code, flowId, tokenTransport: 'body' }
  const path = `${API}/auth/verify-otp`
  return schema.parse((await client.expect(200, 'POST', path, { body, headers: HERE })).json).data
}

/** Logs an account in that was mailed no code before. */
export async function logInByCode(client: Client, email: string): Promise<SignedIn> {
  const { flowId } = await askForCode(client, email, 'send-otp')
  const { code } = await client.otherCode(email, 'otp_code', undefined)
  const body = { email, code, flowId, tokenTransport: 'body' }
  const answer = await client.expect(200, 'POST', `${API}/auth/verify-otp`, { body, headers: HERE })
  return loggedIn.parse(answer.json).data
}

function ownForm() {
  const { password: _, confirmPassword: _again, ...form } = signupForm
  return {
    ...form,
    communityName: 'Harbour Circle',
    communityLogo: '',
    communityWebsite: '',
    officialEmail: 'hello@harbour-circle.example',
    email: EMAIL,
  }
}
