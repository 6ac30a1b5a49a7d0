/** What an owner does with a community and their own data, and what an admin looks at and does. Ends with the owner erased. */
import * as z from 'zod'
import type { Admin } from '../admin-command.ts'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client } from './client.ts'
import { noisePng } from './noise-png.ts'
import { signupForm } from './signup-form.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'
const EMAIL = 'lena.harbour@example.net'
const FORM = {
  ...signupForm,
  communityName: 'Harbour Walkers',
  communityLogo: '',
  communityWebsite: '',
  officialEmail: 'hello@harbour-walkers.example',
  email: EMAIL,
}
const PASSWORD = FORM.password
const PATH = `${API}/communities/harbour-walkers`
/** Of a client that has signed nobody up yet. */
const HEADERS = { 'CF-Connecting-IP': '203.0.113.9' }

const login = z.object({ data: z.object({ accessToken: z.string() }) })
const logo = z.object({ data: z.object({ logoUrl: z.string() }) })
const exported = z.object({
  data: z.object({
    account: z.object({ email: z.string() }),
    events: z.array(z.object({ action: z.string() })).min(1),
  }),
})
const people = z.object({
  data: z.object({ items: z.array(z.object({ id: z.uuid() })).length(1) }),
})
const numbers = z.object({ data: z.object({ totals: z.object({ signups: z.number().min(1) }) }) })

export async function checkOperation(
  { check }: Checks,
  client: Client,
  admin: Admin,
): Promise<void> {
  const logIn = async (email: string, password: string) => {
    const call = { body: { email, password }, headers: HEADERS }
    return login.parse((await client.expect(200, 'POST', `${API}/auth/login`, call)).json).data
  }
  const boss = await check('an admin logs in to operate', () => logIn(admin.email, admin.password))
  const asAdmin = () => ({ token: given(boss).accessToken })
  const owner = await check(
    'one more community signs up, is approved, and its owner logs in',
    async () => {
      const signup = { body: FORM, headers: HEADERS }
      await client.expect(201, 'POST', `${API}/auth/signup-community`, signup)
      const { link = '' } = await client.mail(EMAIL, 'signup_confirmation')
      const body = { token: new URL(link).searchParams.get('token') }
      await client.expect(200, 'POST', `${API}/auth/verify-email`, { body })
      const status = { body: { status: 'approved' }, ...asAdmin() }
      await client.expect(200, 'PATCH', `${API}/admin/communities/harbour-walkers/status`, status)
      return logIn(EMAIL, PASSWORD)
    },
  )
  const asOwner = () => ({ token: given(owner).accessToken })

  await check('a profile changes, and everybody sees the card', async () => {
    const body = { communityBio: 'We meet by the harbour each month.' }
    await client.expect(200, 'PATCH', PATH, { body, ...asOwner() })
    const card = await client.expect(200, 'GET', PATH)
    expectSame('the card', card.text.includes(body.communityBio), true)
    expectSame('an address in it', card.text.includes('@'), false)
  })
  await check(
    'a logo is served under an address of its own, and gone once it is deleted',
    async () => {
      const body = noisePng(20, 20)
      const headers = { 'Content-Type': 'image/png' }
      const put = await client.expect(200, 'PUT', `${PATH}/logo`, { body, headers, ...asOwner() })
      const { logoUrl } = logo.parse(put.json).data
      const served = await client.expect(200, 'GET', logoUrl)
      expectSame('type', served.headers.get('Content-Type'), 'image/png')
      expectSame('cache', /immutable/.test(served.headers.get('Cache-Control') ?? ''), true)
      await client.expect(200, 'DELETE', `${PATH}/logo`, asOwner())
      await client.expect(404, 'GET', logoUrl)
    },
  )
  await check('all that is stored of a person is theirs to take', async () => {
    const answer = await client.expect(200, 'GET', `${API}/account/export`, asOwner())
    const { account, events } = exported.parse(answer.json).data
    expectSame('address', account.email, EMAIL)
    expectSame('its own row', events[0]?.action, 'account_exported')
  })
  await check('the audit log as a page, as CSV and as NDJSON', async () => {
    const at = `${API}/admin/audit-logs?action=community_signup`
    await client.expect(200, 'GET', at, asAdmin())
    for (const [type, first] of [
      ['text/csv', /^id,/],
      ['application/x-ndjson', /^\{"id":/],
    ] as const) {
      const answer = await client.expect(200, 'GET', at, {
        headers: { Accept: type },
        ...asAdmin(),
      })
      expectSame(type, first.test(answer.text), true)
    }
  })
  await check('numbers, alerts and the outbox', async () => {
    const stats = await client.expect(200, 'GET', `${API}/admin/stats?window=24h`, asAdmin())
    numbers.parse(stats.json)
    await client.expect(200, 'GET', `${API}/admin/alerts`, asAdmin())
    await client.expect(200, 'GET', `${API}/admin/mail?state=sent`, asAdmin())
    await client.expect(403, 'GET', `${API}/admin/stats`, asOwner())
  })
  await check('somebody is found, shut out at once, and let in again', async () => {
    const found = await client.expect(200, 'GET', `${API}/admin/users?email=${EMAIL}`, asAdmin())
    const [person] = people.parse(found.json).data.items
    const act = (what: string) =>
      client.expect(200, 'POST', `${API}/admin/users/${person?.id}/${what}`, asAdmin())
    await act('unlock')
    await act('disable')
    await client.expect(401, 'GET', `${API}/auth/me`, asOwner())
    await act('enable')
  })
  await check(
    'an only owner goes together with the community, which nobody sees any more',
    async () => {
      const { accessToken: token } = await logIn(EMAIL, PASSWORD)
      const proof = { password: PASSWORD }
      const refused = await client.expect(409, 'DELETE', `${API}/account`, {
        body: proof,
        token,
      })
      expectSame('code', refusalCode(refused), 'last_owner')
      const body = { ...proof, closeCommunity: true }
      await client.expect(200, 'DELETE', `${API}/account`, { body, token })
      await client.mail(EMAIL, 'account_deleted')
      await client.expect(401, 'GET', `${API}/auth/me`, { token })
      await client.expect(404, 'GET', PATH)
    },
  )
}
