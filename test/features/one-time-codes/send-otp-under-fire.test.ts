import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ownerIn, unique } from '../../factories.ts'
import { mailedCode } from '../../mailbox-client.ts'
import { mailedToken, userRow } from '../../session-client.ts'
import { API, call, cookiesOf, expectStatus } from '../../support/call.ts'
import {
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import {
  auditRowsOf,
  deliverAll,
  inboxOf,
  later,
  MINUTE,
  newSecret,
  unknownAddress,
} from '../passwords/password-client.ts'
import {
  codeMailsTo,
  expectNothingMailed,
  mailed,
  postSend,
  signIn,
  WAYS,
} from './sign-in-client.ts'

describe('POST /api/v1/auth/send-otp under fire', () => {
  it('a flow that nobody gave out is not taken over', async () => {
    const { email } = await ownerIn('active')
    for (const value of ['x', '../x', 'a'.repeat(42), `${'a'.repeat(43)}b`, '%00']) {
      const answer = await call(`${API}/auth/send-otp`, {
        body: { email: `${unique()}@apex.example` },
        headers: { Cookie: `__Host-flow=${value}` },
      })
      expectStatus(answer, 202)
      expect(answer.data.flowId).not.toBe(value)
      expect(cookiesOf(answer)['__Host-flow']).toBe(answer.data.flowId)
    }
    await expectNothingMailed(email)
  })

  it('with Authorization, the cookie counts for nothing: another flow', async () => {
    const { email } = await ownerIn('active')
    const first = await mailed(email)
    const headers = { Cookie: first.cookie, Authorization: 'Bearer a.b.c' }
    const second = await mailed(email, { headers })
    expect(second.flowId).not.toBe(first.flowId)
    expectStatus(await signIn('link', first), 200)
  })

  it.each([
    ['RATE_LIMITER', 'hit', 'throws'],
    ['RATE_LIMITER', 'hit', 'hangs'],
    ['ACCOUNT_GUARD', 'countMail', 'throws'],
    ['ACCOUNT_GUARD', 'countMail', 'hangs'],
  ] as const)('503 and no mail when %s.%s %s', async (binding, method, how) => {
    const { email } = await ownerIn('active')
    const answer = await postSend({ email }, { env: failingObject(binding, method, how) })
    expectStatus(answer, 503, 'unavailable')
    expect(answer.headers.get('Retry-After')).toBe('1')
    expect(answer.headers.getSetCookie()).toEqual([])
    await expectNothingMailed(email)
  })

  it('503 and no trace when the database is down, or any statement of the batch fails', async () => {
    const probe = failingBatch(0)
    const { email } = await ownerIn('active')
    await postSend({ email: unknownAddress() }, { env: probe.env })
    const [size = 0] = probe.sizes
    expect(size).toBeGreaterThan(2)
    const faults = Array.from({ length: size }, (_, k) => failingBatch(0, k).env)
    for (const fault of [failingDatabase(), ...faults.slice(0, 2)]) {
      expectStatus(await postSend({ email }, { env: fault }), 503, 'unavailable')
    }
    const other = (await ownerIn('active')).email
    for (const fault of faults.slice(2)) {
      expectStatus(await postSend({ email: other }, { env: fault }), 503, 'unavailable')
    }
    for (const address of [email, other]) {
      await expectNothingMailed(address)
      expect(await auditRowsOf((await userRow(address)).id, 'otp_sent')).toEqual([])
    }
  })

  it('a commit whose answer is lost has mailed a code, which works for nobody who has no flow', async () => {
    const { email } = await ownerIn('active')
    const lost = await postSend({ email }, { env: lostAnswer(0) })
    expectStatus(lost, 503, 'unavailable')
    const [code, token] = [await mailedCode(email), await mailedToken(email, 'magic_link')]
    const flowId = 'A'.repeat(43)
    const read = { email, code, token, cookie: '', flowId }
    expectStatus(await signIn('code', read), 400, 'code_invalid')
    expectStatus(await signIn('link', read), 403, 'wrong_browser')
  })

  it('202 when the queue is down: the mail waits in its row, and code and link work', async () => {
    const { email } = await ownerIn('active')
    const asked = await mailed(email, { env: failingQueue() })
    expect(await codeMailsTo(email)).toMatchObject([{ sentAt: null }])
    expectStatus(await signIn('link', asked), 200)
  })

  it('what is used or over by then is not mailed any more', async () => {
    const used = (await ownerIn('active')).email
    expectStatus(await signIn('code', await mailed(used)), 200)
    expect(await inboxOf(used, 'otp_code')).toEqual([])
    expect(await codeMailsTo(used)).toMatchObject([{ lastError: 'token_used' }])
    const late = (await ownerIn('active')).email
    await mailed(late)
    await later(5 * MINUTE, () => deliverAll(late))
    expect(await inboxOf(late, 'otp_code')).toEqual([])
    expect(await codeMailsTo(late)).toMatchObject([{ lastError: 'expired' }])
  })

  it('code and link that were mailed before AUTH_SECRETS rotated work after it, until the old one is retired', async () => {
    const fresh = newSecret()
    const rotated = { ...env, AUTH_SECRETS: `2:${fresh},${env.AUTH_SECRETS}` }
    const retired = { ...env, AUTH_SECRETS: `2:${fresh}` }
    for (const way of WAYS) {
      const asked = await mailed((await ownerIn('active')).email)
      expectStatus(await signIn(way, asked, {}, { env: retired }), 400)
      expectStatus(await signIn(way, asked, {}, { env: rotated }), 200)
    }
  })
})
