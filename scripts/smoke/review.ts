/** What a reviewer does: looks at what was signed up, at what is odd about it, and shuts providers of addresses out. */
import * as z from 'zod'
import type { Admin } from '../admin-command.ts'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client } from './client.ts'
import { signupForm } from './signup-form.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'
const DENIED = 'throwaway.example'

const login = z.object({ data: z.object({ accessToken: z.string() }) })
const list = z.object({
  data: z.object({
    items: z.array(
      z.object({
        slug: z.string(),
        status: z.string(),
        riskScore: z.number(),
        riskSignals: z.array(z.object({ signal: z.string(), points: z.number() })),
        owner: z.object({ email: z.string(), emailVerified: z.boolean() }).nullable(),
      }),
    ),
  }),
})
const one = z.object({
  data: z.object({ community: z.object({ history: z.array(z.object({ action: z.string() })) }) }),
})

export async function checkReview({ check }: Checks, client: Client, admin: Admin): Promise<void> {
  const token = await check('a reviewer logs in', async () => {
    const call = { body: { email: admin.email, password: admin.password } }
    const answer = await client.expect(200, 'POST', `${API}/auth/login`, call)
    return login.parse(answer.json).data.accessToken
  })
  await check('what is odd about a signup is shown to the reviewer alone', async () => {
    const form = { ...otherForm('Odd'), officialEmail: 'odd.circle@gmail.com' }
    const answer = await client.expect(201, 'POST', `${API}/auth/signup-community`, { body: form })
    expectSame('a word of it', /risk/i.test(answer.text), false)
    const path = `${API}/admin/communities?status=pending&q=odd%20circle`
    const { json } = await client.expect(200, 'GET', path, { token: given(token) })
    const [found, ...others] = list.parse(json).data.items
    expectSame('others', others, [])
    expectSame('signals', found?.riskSignals, [{ signal: 'free_mail_official', points: 10 }])
    expectSame('owner', found?.owner, { email: form.email, emailVerified: false })
  })
  await check('a community has its history', async () => {
    const path = `${API}/admin/communities/apex-circle`
    const { json } = await client.expect(200, 'GET', path, { token: given(token) })
    const actions = one.parse(json).data.community.history.map(({ action }) => action)
    expectSame('history', actions, [
      'community_signup',
      'community_approved',
      'community_activated',
    ])
  })
  await check(
    'addresses of a domain that an admin denies are refused until it is allowed',
    async () => {
      const path = `${API}/admin/email-domains/${DENIED}`
      const body = { ...otherForm('Denied'), email: `mara@${DENIED}` }
      const deny = { body: { verdict: 'deny' }, token: given(token) }
      await client.expect(200, 'PUT', path, deny)
      const answer = await client.expect(400, 'POST', `${API}/auth/signup-community`, { body })
      expectSame('code', refusalCode(answer), 'email_rejected')
      await client.expect(200, 'DELETE', path, { token: given(token) })
      await client.expect(201, 'POST', `${API}/auth/signup-community`, { body })
    },
  )
}

function otherForm(word: string) {
  return {
    ...signupForm,
    communityName: `${word} Circle`,
    communityLogo: '',
    communityWebsite: '',
    officialEmail: `hello@${word.toLowerCase()}-circle.example`,
    email: `mara@${word.toLowerCase()}-circle.example`,
  }
}
