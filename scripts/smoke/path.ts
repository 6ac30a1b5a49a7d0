/** The main job as its people do it: a community signs up, is verified, is approved, and its owner logs in. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import * as z from 'zod'
import type { Admin } from '../admin-command.ts'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client } from './client.ts'
import { OWNER_EMAIL, OWNER_PASSWORD, signupForm } from './signup-form.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'

const signedUp = z.object({
  data: z.object({ communityId: z.uuid(), slug: z.string(), status: z.literal('pending') }),
})
const loggedIn = z.object({
  data: z.object({
    user: z.object({ id: z.uuid(), role: z.string() }),
    community: z.object({ status: z.string() }),
    accessToken: z.string(),
    tokenType: z.literal('Bearer'),
  }),
})
const me = z.object({
  data: z.object({
    user: z.object({ email: z.string() }),
    memberships: z.array(z.object({ communityId: z.uuid(), slug: z.string(), role: z.string() })),
  }),
})

type Community = z.infer<typeof signedUp>['data'] | undefined
type Login = z.infer<typeof loggedIn>['data'] | undefined

export async function checkPath(checks: Checks, client: Client, admin: Admin): Promise<void> {
  const community = await checkSignup(checks, client)
  await checkVerification(checks, client)
  await checkApproval(checks, client, community, admin)
  const owner = await checkOwnerLogin(checks, client)
  await checkOwnerSession(checks, client, community, owner)
}

async function checkSignup({ check }: Checks, client: Client): Promise<Community> {
  return await check('the form of the website signs a community up', async () => {
    const path = `${API}/auth/signup-community`
    return signedUp.parse((await client.expect(201, 'POST', path, { body: signupForm })).json).data
  })
}

async function checkVerification({ check }: Checks, client: Client): Promise<void> {
  const path = `${API}/auth/verify-email`
  const token = await check('the owner gets a mail with a link', async () => {
    const { link = '' } = await client.mail(OWNER_EMAIL, 'signup_confirmation')
    return given(new URL(link).searchParams.get('token') ?? undefined)
  })
  await check('nobody logs in before the address is verified', () =>
    refusesOwner(client, 'email_not_verified'),
  )
  await check('opening the link uses nothing up; POSTing it verifies the address', async () => {
    await client.expect(200, 'GET', `/verify-email?token=${given(token)}`)
    await client.expect(200, 'POST', path, { body: { token } })
  })
  await check('the link works once', async () => {
    const answer = await client.expect(400, 'POST', path, { body: { token: given(token) } })
    expectSame('code', refusalCode(answer), 'token_used')
  })
}

async function checkApproval(
  { check }: Checks,
  client: Client,
  community: Community,
  admin: Admin,
): Promise<void> {
  await check('nobody logs in before the community is approved', () =>
    refusesOwner(client, 'community_not_approved'),
  )
  const token = await check('the admin of admin:create logs in', async () => {
    const { user, accessToken } = await logIn(client, admin.email, admin.password)
    expectSame('role', user.role, 'Admin')
    return accessToken
  })
  await check('the admin approves the community, and the owner is told', async () => {
    const body = { status: 'approved' }
    await client.expect(200, 'PATCH', statusPath(community), { body, token: given(token) })
    await client.mail(OWNER_EMAIL, 'community_approved')
  })
}

async function checkOwnerLogin({ check }: Checks, client: Client): Promise<Login> {
  const owner = await check('the owner logs in, which makes the community active', async () => {
    const login = await logIn(client, OWNER_EMAIL, OWNER_PASSWORD)
    expectSame('community', login.community.status, 'active')
    return login
  })
  await check('the permissions in the form granted nothing', () => {
    expectSame('role', given(owner).user.role, 'CommunityOwner')
  })
  await check('a wrong password and an unknown address get the same answer', async () => {
    const [wrong, unknown] = [
      await refusedLogin(client, 401, OWNER_EMAIL, 'Wrong-Password-42'),
      await refusedLogin(client, 401, 'nobody@example.net', 'Wrong-Password-42'),
    ]
    expectSame('code', refusalCode(wrong), 'invalid_credentials')
    const anonymous = ({ text }: { text: string }) => text.replace(/"requestId":"[^"]*"/, '')
    expectSame('the answer to an unknown address', anonymous(unknown), anonymous(wrong))
  })
  return owner
}

async function checkOwnerSession(
  { check }: Checks,
  client: Client,
  community: Community,
  owner: Login,
): Promise<void> {
  await check('the access token verifies against the JWKS', async () => {
    const { json } = await client.expect(200, 'GET', '/.well-known/jwks.json')
    const keys = createLocalJWKSet(json as JSONWebKeySet)
    const options = { typ: 'at+jwt', algorithms: ['ES256'] }
    const { payload } = await jwtVerify(given(owner).accessToken, keys, options)
    expectSame('sub', payload.sub, owner?.user.id)
  })
  await check('/auth/me tells the owner who they are', async () => {
    const call = { token: given(owner).accessToken }
    const { data } = me.parse((await client.expect(200, 'GET', `${API}/auth/me`, call)).json)
    const { communityId, slug } = given(community)
    expectSame('email', data.user.email, OWNER_EMAIL)
    expectSame('memberships', data.memberships, [{ communityId, slug, role: 'CommunityOwner' }])
  })
  await check('an owner is no admin', async () => {
    const body = { status: 'suspended', reason: 'Trying it' }
    const call = { body, token: given(owner).accessToken }
    const answer = await client.expect(403, 'PATCH', statusPath(community), call)
    expectSame('code', refusalCode(answer), 'forbidden')
  })
}

async function logIn(client: Client, email: string, password: string) {
  const call = { body: { email, password } }
  return loggedIn.parse((await client.expect(200, 'POST', `${API}/auth/login`, call)).json).data
}

function refusedLogin(client: Client, status: number, email: string, password: string) {
  return client.expect(status, 'POST', `${API}/auth/login`, { body: { email, password } })
}

async function refusesOwner(client: Client, code: string): Promise<void> {
  const answer = await refusedLogin(client, 403, OWNER_EMAIL, OWNER_PASSWORD)
  expectSame('code', refusalCode(answer), code)
}

function statusPath(community: Community): string {
  return `${API}/admin/communities/${given(community).communityId}/status`
}
