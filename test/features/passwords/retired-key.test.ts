/** A secret that leaked is taken out of AUTH_SECRETS: whoever can derive links with it opens nothing by them. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { linkTokenOf, ownerIn, postVerification, signedUp } from '../../factories.ts'
import { mailedToken, me, openSession } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'

const [, secret = ''] = env.AUTH_SECRETS.split(':')
const other = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
const SECOND = { ...env, AUTH_SECRETS: `2:${other},1:${secret}` }
const GONE = { ...env, AUTH_SECRETS: `2:${other}` }

const post = (path: string, body: object, run: Env) => call(`${API}${path}`, { body, env: run })

describe('a link whose secret was taken out', () => {
  it('sets no password', async () => {
    const { email } = await ownerIn('active')
    expectStatus(await post('/auth/forgot-password', { email }, env), 202)
    const token = await mailedToken(email, 'reset_password')
    const body = { token, password: 'Quiet-Lantern-64' }
    expect((await post('/auth/verify-reset-token', body, GONE)).data).toEqual({ valid: false })
    expectStatus(await post('/auth/reset-password', body, GONE), 400, 'token_invalid')
    expect((await post('/auth/verify-reset-token', body, SECOND)).data).toEqual({ valid: true })
    expectStatus(await post('/auth/reset-password', body, SECOND), 200)
  })

  it('ends no session', async () => {
    const owner = await ownerIn('active')
    await openSession(owner)
    const second = await openSession(owner)
    const token = await mailedToken(owner.email, 'not_me')
    expectStatus(await post('/auth/not-me', { token }, GONE), 400, 'token_invalid')
    expectStatus(await me(second.accessToken), 200)
    expectStatus(await post('/auth/not-me', { token }, SECOND), 200)
    expectStatus(await me(second.accessToken), 401, 'session_ended')
  })

  it('proves no mailbox', async () => {
    const token = await linkTokenOf((await signedUp()).communityId)
    expectStatus(await postVerification(token, { env: GONE }), 400, 'token_invalid')
    expectStatus(await postVerification(token, { env: SECOND }), 200)
  })
})
