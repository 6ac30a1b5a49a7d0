/** The types that `hc<AppType>` gives a client are those of the routes: bodies in, envelopes out. */
import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { hc } from 'hono/client'
import { describe, expect, it } from 'vitest'
import type { AppType } from '../src/app.ts'
import worker from '../src/index.ts'
import { ownerIn, PASSWORD } from './factories.ts'
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
})
