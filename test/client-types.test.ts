/** The types that `hc<AppType>` gives a client are those of the routes: bodies in, envelopes out. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { hc } from 'hono/client'
import { describe, expect, it } from 'vitest'
import type { AppType } from '../src/app.ts'
import worker from '../src/index.ts'
import { ownerIn, PASSWORD } from './factories.ts'
import { addressHere, mailedCode, ownerHere } from './mailbox-client.ts'
import { freshIp } from './support/call.ts'

const client = hc<AppType>('https://gatehouse.example', {
  headers: () => ({ 'CF-Connecting-IP': freshIp() }),
  fetch: async (input: RequestInfo | URL, init?: RequestInit) =>
    worker.fetch(new Request(input, init) as never, env, createExecutionContext()),
})

describe('a typed client', () => {
  it('logs in and asks who it is', async () => {
    const { email, communityId } = await ownerIn('active')
    const login = await client.api.v1.auth.login.$post({ json: { email, password: PASSWORD } })
    expect(login.status).toBe(200)
    const { data } = await login.json()
    if (!('accessToken' in data)) throw new Error('hybrid gives the access token in the body')
    const headers = { Authorization: `Bearer ${data.accessToken}` }
    const me = await client.api.v1.auth.me.$get({}, { headers })
    expect((await me.json()).data.community.id).toBe(communityId)
  })

  it('names a community in the path', async () => {
    const answer = await client.api.v1.admin.communities[':community'].status.$patch({
      param: { community: 'nobody-knows' },
      json: { status: 'approved' },
    })
    expect(answer.status).toBe(401)
  })

  it('logs in by a code, or learns that the address is free', async () => {
    const { email } = await ownerIn('active')
    const { auth } = client.api.v1
    const asked = await auth['send-otp'].$post({ json: { email } })
    const { flowId } = (await asked.json()).data
    const code = await mailedCode(email)
    const used = await auth['verify-otp'].$post({ json: { email, code, flowId } })
    expect(used.status).toBe(200)
    const { data } = await used.json()
    if ('signupToken' in data) throw new Error('this address has an account')
    expect(data.user.email).toBe(email)
    const stranger = addressHere()
    const again = await auth['send-signup-otp'].$post({ json: { email: stranger } })
    const proven = await auth['verify-otp'].$post({
      json: {
        email: stranger,
        code: await mailedCode(stranger),
        flowId: (await again.json()).data.flowId,
      },
    })
    const { data: proof } = await proven.json()
    expect('signupToken' in proof && proof.signupToken.length).toBeGreaterThan(40)
  })

  it('invites somebody, and reads who is there', async () => {
    const { accessToken, slug: community } = await ownerHere()
    const headers = { Authorization: `Bearer ${accessToken}` }
    const own = client.api.v1.communities[':community']
    const email = addressHere()
    const invited = await own.invitations.$post(
      { param: { community }, json: { email, role: 'Moderator' } },
      { headers },
    )
    expect(invited.status).toBe(201)
    expect((await invited.json()).data.invitation).toMatchObject({ email, role: 'Moderator' })
    const listed = await own.members.$get({ param: { community }, query: {} }, { headers })
    const { items, nextCursor } = (await listed.json()).data
    expect(items.map(({ role }) => role)).toEqual(['CommunityOwner'])
    expect(nextCursor).toBeNull()
  })

  it('takes evidence as a password or as a code', async () => {
    const { accessToken } = await ownerHere()
    const headers = { Authorization: `Bearer ${accessToken}` }
    const { email: change } = client.api.v1.account
    const newEmail = addressHere()
    const asked = await change.$post({ json: { newEmail, password: PASSWORD } }, { headers })
    expect(asked.status).toBe(202)
    const code = await mailedCode(newEmail, 'email_change_code')
    const moved = await change.verify.$post({ json: { code } }, { headers })
    expect((await moved.json()).data.user.email).toBe(newEmail)
    const refused = await change.$post({ json: { newEmail, code: '000000' } }, { headers })
    expect(refused.status).toBe(422)
  })
})
