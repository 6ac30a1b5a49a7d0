import { describe, expect, it } from 'vitest'
import {
  admin,
  linkTokenOf,
  PASSWORD,
  postLogin,
  postSignup,
  postVerification,
  signupForm,
} from '../factories.ts'
import { API, call, expectStatus } from '../support/call.ts'

describe('the path from the form to a logged-in owner', () => {
  it('works', async () => {
    const form = signupForm()
    const signup = await postSignup(form)
    expectStatus(signup, 201)
    const communityId = String(signup.data.communityId)
    expectStatus(
      await postLogin({ email: form.email, password: PASSWORD }),
      403,
      'email_not_verified',
    )
    const verified = await postVerification(await linkTokenOf(communityId))
    expectStatus(verified, 200)
    expectStatus(
      await postLogin({ email: form.email, password: PASSWORD }),
      403,
      'community_not_approved',
    )
    const { token } = await admin()
    const approved = await call(`${API}/admin/communities/${communityId}/status`, {
      method: 'PATCH',
      body: { status: 'approved' },
      token,
    })
    expectStatus(approved, 200)
    const login = await postLogin({ email: form.email, password: PASSWORD })
    expectStatus(login, 200)
    expect(login.data).toMatchObject({ community: { status: 'active' } })
    const me = await call(`${API}/auth/me`, { token: String(login.data.accessToken) })
    expectStatus(me, 200)
  })
})
