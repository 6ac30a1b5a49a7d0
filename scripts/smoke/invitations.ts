/** An owner invites a new person and one who has an account, sees who is there, and lets one go. */
import * as z from 'zod'
import { logInByCode, type SignedIn } from './by-code.ts'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client } from './client.ts'
import { OWNER_EMAIL } from './signup-form.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'
const GUEST = 'joy.mensah@example.net'

const joined = z.object({
  data: z.object({
    user: z.object({ id: z.uuid(), role: z.string(), fullName: z.string() }),
    community: z.object({ id: z.uuid() }),
    accessToken: z.string(),
  }),
})
const members = z.object({
  data: z.object({ items: z.array(z.object({ email: z.string(), role: z.string() })) }),
})
const switched = z.object({ data: z.object({ accessToken: z.string() }) })

export async function checkInvitations(
  checks: Checks,
  client: Client,
  owner: SignedIn | undefined,
): Promise<void> {
  const { check } = checks
  const path = () => `${API}/communities/${given(owner).community.slug}`
  const token = () => given(owner).accessToken
  const invite = async (email: string) => {
    const body = { email, role: 'Member' }
    await client.expect(201, 'POST', `${path()}/invitations`, { body, token: token() })
    const { link = '' } = await client.mail(email, 'invitation')
    return link
  }
  const guest = await check(
    'an invited person joins by the mailed link and is signed in',
    async () => {
      const url = new URL(await invite(GUEST))
      await client.expect(200, 'GET', url.pathname + url.search)
      const body = { token: url.searchParams.get('token'), tokenTransport: 'body' }
      const accept = `${API}/auth/accept-invite`
      const { data } = joined.parse((await client.expect(200, 'POST', accept, { body })).json)
      expectSame('role', data.user.role, 'Member')
      const again = await client.expect(400, 'POST', accept, { body })
      expectSame('the link again', refusalCode(again), 'token_used')
      return data
    },
  )
  await check('the owner sees the members and promotes one', async () => {
    const member = `${path()}/members/${given(guest).user.id}`
    const change = { body: { role: 'Moderator' }, token: token() }
    await client.expect(200, 'PATCH', member, change)
    const list = await client.expect(200, 'GET', `${path()}/members`, { token: token() })
    const { items } = members.parse(list.json).data
    expectSame(
      'roles',
      items.map(({ role }) => role),
      ['CommunityOwner', 'Moderator'],
    )
  })
  await check(
    'somebody with an account confirms, and goes over to the other community',
    async () => {
      const linkToken = new URL(await invite(OWNER_EMAIL)).searchParams.get('token')
      const body = { token: linkToken }
      const refused = await client.expect(409, 'POST', `${API}/auth/accept-invite`, { body })
      expectSame('code', refusalCode(refused), 'account_exists')
      const mine = await logInByCode(client, OWNER_EMAIL)
      const call = { body, token: mine.accessToken }
      await client.expect(200, 'POST', `${API}/invitations/confirm`, call)
      const there = { body: { communityId: given(owner).community.id }, token: mine.accessToken }
      const answer = await client.expect(200, 'POST', `${API}/auth/switch-community`, there)
      const next = switched.parse(answer.json).data.accessToken
      const old = await client.expect(401, 'GET', `${API}/auth/me`, { token: mine.accessToken })
      expectSame('the token before', refusalCode(old), 'access_token_expired')
      await client.expect(200, 'POST', `${path()}/leave`, { token: next })
    },
  )
  await check('who is removed is out at once', async () => {
    const call = { token: given(guest).accessToken }
    await client.expect(200, 'GET', `${API}/auth/me`, call)
    const member = `${path()}/members/${given(guest).user.id}`
    await client.expect(200, 'DELETE', member, { token: token() })
    await client.expect(401, 'GET', `${API}/auth/me`, call)
  })
  await check('the only owner cannot leave', async () => {
    const answer = await client.expect(409, 'POST', `${path()}/leave`, { token: token() })
    expectSame('code', refusalCode(answer), 'last_owner')
  })
}
