import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import worker from '../../../src/index.ts'
import { ownerIn } from '../../factories.ts'
import { mailedToken, userRow } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'
import {
  auditRowsOf,
  inboxOf,
  isLinkAlive,
  mailsOf,
  postForgot,
  resetLinksOf,
  unknownAddress,
} from './password-client.ts'

describe('POST /api/v1/auth/forgot-password under fire', () => {
  it('builds the link from the configuration alone, whatever a request says of its host', async () => {
    const hostile = {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Port': '81',
      'X-Forwarded-Server': 'evil.example',
      'X-Forwarded-For': '203.0.113.66',
      'X-Original-URL': 'https://evil.example/',
      'X-Rewrite-URL': 'https://evil.example/',
      'X-Host': 'evil.example',
      'X-HTTP-Host-Override': 'evil.example',
      Forwarded: 'host=evil.example;proto=http',
      Origin: 'https://evil.example',
      Referer: 'https://evil.example/',
    }
    const { email } = await ownerIn('active')
    expectStatus(await postForgot(email, { headers: hostile }), 202)
    const { email: other } = await ownerIn('active')
    expect(await fetchAt('https://evil.example', other, hostile)).toBe(202)
    for (const address of [email, other]) {
      const [mail] = await inboxOf(address, 'password_reset')
      const token = await mailedToken(address, 'reset_password')
      expect(mail?.link).toBe(`${env.FRONTEND_URL}/reset-password?token=${token}`)
      expect(`${mail?.subject}${mail?.text}${mail?.html}`).not.toContain('evil.example')
    }
  })

  it('twenty requests at once mail at most three links, of which one lives', async () => {
    const { email } = await ownerIn('active')
    expect(tally(await race(20, () => postForgot(email)))).toEqual({ '202': 20 })
    expect(await mailsOf(email, 'password_reset')).toHaveLength(3)
    expect(await resetLinksOf(email)).toHaveLength(1)
    expect(await isLinkAlive(await mailedToken(email, 'reset_password'))).toBe(true)
  })

  it('answers the same when the queue is down, and the mail waits in its row', async () => {
    const people = [(await ownerIn('active')).email, unknownAddress()]
    const [known, nobody] = await Promise.all(
      people.map((email) => postForgot(email, { env: failingQueue() })),
    )
    expectStatus(known as NonNullable<typeof known>, 202)
    expect(nobody?.text).toBe(known?.text)
    expect(await mailsOf(String(people[0]), 'password_reset')).toMatchObject([
      { sentAt: null, failedAt: null },
    ])
    expect(await inboxOf(String(people[0]), 'password_reset')).toHaveLength(1)
  })

  it.each([
    ['RATE_LIMITER', 'hit', 'throws'],
    ['RATE_LIMITER', 'hit', 'hangs'],
    ['ACCOUNT_GUARD', 'countMail', 'throws'],
    ['ACCOUNT_GUARD', 'countMail', 'hangs'],
  ] as const)('503 and no mail when %s.%s %s, known or not', async (binding, method, how) => {
    const people = [(await ownerIn('active')).email, unknownAddress()]
    const down = failingObject(binding, method, how)
    const answers = await Promise.all(people.map((email) => postForgot(email, { env: down })))
    expect(tally(answers)).toEqual({ '503 unavailable': 2 })
    for (const { headers } of answers) expect(headers.get('Retry-After')).toBe('1')
    expect(await mailsOf(String(people[0]), 'password_reset')).toEqual([])
  })

  it('503 when the database is down, known or not', async () => {
    const people = [(await ownerIn('active')).email, unknownAddress()]
    const answers = await Promise.all(
      people.map((email) => postForgot(email, { env: failingDatabase() })),
    )
    expect(tally(answers)).toEqual({ '503 unavailable': 2 })
  })

  it('a batch that fails at any statement mails nothing and leaves the old link alive', async () => {
    const probe = failingBatch(0)
    await postForgot((await ownerIn('active')).email, { env: probe.env })
    const [size = 0] = probe.sizes
    expect(size).toBeGreaterThan(2)
    for (let k = 0; k < size; k++) {
      const { email } = await ownerIn('active')
      await postForgot(email)
      const old = await mailedToken(email, 'reset_password')
      const failed = await postForgot(email, { env: failingBatch(0, k).env })
      expectStatus(failed, 503, 'unavailable')
      expect(await mailsOf(email, 'password_reset'), `statement ${k}`).toHaveLength(1)
      const { id } = await userRow(email)
      expect(await auditRowsOf(id, 'password_reset_requested')).toHaveLength(1)
      expect(await isLinkAlive(old), `statement ${k}`).toBe(true)
    }
  })

  it('a commit whose answer is lost still mails the link', async () => {
    const { email } = await ownerIn('active')
    expectStatus(await postForgot(email, { env: lostAnswer(0) }), 503, 'unavailable')
    expect(await inboxOf(email, 'password_reset')).toHaveLength(1)
    expect(await isLinkAlive(await mailedToken(email, 'reset_password'))).toBe(true)
  })
})

/** The status of a request that came in under another host name. */
async function fetchAt(origin: string, email: string, headers: Record<string, string>) {
  const context = createExecutionContext()
  const request = new Request(`${origin}/api/v1/auth/forgot-password`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json', 'CF-Connecting-IP': '203.0.113.9' },
    body: JSON.stringify({ email }),
  }) as Request<unknown, IncomingRequestCfProperties>
  const { status } = await worker.fetch(request, env, context)
  await waitOnExecutionContext(context)
  return status
}
