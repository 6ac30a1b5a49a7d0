/** What an owner does with a community and their own data, and what an admin looks at and does. Ends with the owner erased. */
import * as z from 'zod'
import type { Admin } from '../admin-command.ts'
import { logInByCode, type SignedIn } from './by-code.ts'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client } from './client.ts'
import { noisePng } from './noise-png.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'

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
  former: SignedIn | undefined,
): Promise<void> {
  const email = () => given(former).user.email
  const owner = await check('an owner logs in again', () => logInByCode(client, email()))
  const boss = await check('an admin logs in to operate', async () => {
    const call = { body: { email: admin.email, password: admin.password } }
    return login.parse((await client.expect(200, 'POST', `${API}/auth/login`, call)).json).data
  })
  const path = () => `${API}/communities/${given(owner).community.slug}`
  const asOwner = () => ({ token: given(owner).accessToken })
  const asAdmin = () => ({ token: given(boss).accessToken })

  await check('a profile changes, and everybody sees the card', async () => {
    const body = { communityBio: 'We meet by the harbour each month.' }
    await client.expect(200, 'PATCH', path(), { body, ...asOwner() })
    const card = await client.expect(200, 'GET', path())
    expectSame('the card', card.text.includes(body.communityBio), true)
    expectSame('an address in it', card.text.includes('@'), false)
  })
  await check(
    'a logo is served under an address of its own, and gone once it is deleted',
    async () => {
      const body = noisePng(20, 20)
      const headers = { 'Content-Type': 'image/png' }
      const put = await client.expect(200, 'PUT', `${path()}/logo`, { body, headers, ...asOwner() })
      const { logoUrl } = logo.parse(put.json).data
      const served = await client.expect(200, 'GET', logoUrl)
      expectSame('type', served.headers.get('Content-Type'), 'image/png')
      expectSame('cache', /immutable/.test(served.headers.get('Cache-Control') ?? ''), true)
      await client.expect(200, 'DELETE', `${path()}/logo`, asOwner())
      await client.expect(404, 'GET', logoUrl)
    },
  )
  await check('all that is stored of a person is theirs to take', async () => {
    const answer = await client.expect(200, 'GET', `${API}/account/export`, asOwner())
    const { account, events } = exported.parse(answer.json).data
    expectSame('address', account.email, email())
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
    const found = await client.expect(200, 'GET', `${API}/admin/users?email=${email()}`, asAdmin())
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
      const { accessToken: token } = await logInByCode(client, email())
      const before = await client.mail(email(), 'otp_code')
      await client.expect(202, 'POST', `${API}/account/code`, { token })
      const { code } = await client.otherCode(email(), 'otp_code', before)
      const refused = await client.expect(409, 'DELETE', `${API}/account`, {
        body: { code },
        token,
      })
      expectSame('code', refusalCode(refused), 'last_owner')
      const body = { code, closeCommunity: true }
      await client.expect(200, 'DELETE', `${API}/account`, { body, token })
      await client.mail(email(), 'account_deleted')
      await client.expect(401, 'GET', `${API}/auth/me`, { token })
      await client.expect(404, 'GET', path())
    },
  )
}
