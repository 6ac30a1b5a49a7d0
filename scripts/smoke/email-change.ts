/** Somebody moves to another address, proven by codes, and the old mailbox takes it back. */
import type { SignedIn } from './by-code.ts'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client } from './client.ts'
import { OWNER_EMAIL } from './signup-form.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'
const NEW_EMAIL = 'noor@harbour.example.net'

export async function checkEmailChange(
  { check }: Checks,
  client: Client,
  owner: SignedIn | undefined,
): Promise<void> {
  const token = () => given(owner).accessToken
  const codeInPlaceOfPassword = async () => {
    const { email } = given(owner).user
    const before = await client.mail(email, 'otp_code')
    await client.expect(202, 'POST', `${API}/account/code`, { token: token() })
    return (await client.otherCode(email, 'otp_code', before)).code
  }
  const wish = async (newEmail: string) => {
    const body = { newEmail, code: await codeInPlaceOfPassword() }
    await client.expect(202, 'POST', `${API}/account/email`, { body, token: token() })
  }
  await check(
    'an address that somebody has is answered alike, and its holder is told',
    async () => {
      await wish(OWNER_EMAIL)
      await client.mail(OWNER_EMAIL, 'email_change_taken')
    },
  )
  await check('a new address is taken once its mailbox is proven', async () => {
    await wish(NEW_EMAIL)
    const { code } = await client.mail(NEW_EMAIL, 'email_change_code')
    const call = { body: { code }, token: token() }
    await client.expect(200, 'POST', `${API}/account/email/verify`, call)
    const { text } = await client.expect(200, 'GET', `${API}/auth/me`, { token: token() })
    expectSame('the new address', text.includes(NEW_EMAIL), true)
  })
  await check('the old mailbox takes its address back, which ends every session', async () => {
    const { email } = given(owner).user
    const { link = '' } = await client.mail(email, 'email_change_notice')
    const url = new URL(link)
    await client.expect(200, 'GET', url.pathname + url.search)
    const body = { token: url.searchParams.get('token') }
    await client.expect(200, 'GET', `${API}/auth/me`, { token: token() })
    await client.expect(200, 'POST', `${API}/auth/revert-email`, { body })
    await client.expect(401, 'GET', `${API}/auth/me`, { token: token() })
    const again = await client.expect(400, 'POST', `${API}/auth/revert-email`, { body })
    expectSame('the link again', refusalCode(again), 'token_used')
    const { link: reset } = await client.mail(email, 'set_password')
    expectSame('the link', /\/reset-password\?token=/.test(reset ?? ''), true)
  })
}
