/** Which device an account knows after a login, however the login went. */
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin } from '../../factories.ts'
import {
  livingSessionsOf,
  openSession,
  outboxOf,
  sessionRow,
  tokensOf,
  userRow,
} from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import { beforeBatch, failingBatch, failingObject } from '../../support/faults.ts'
import { race, tally } from '../../support/race.ts'

const newDeviceMails = async (email: string) =>
  (await outboxOf(email)).filter(({ template }) => template === 'new_device').length

describe('a device', () => {
  it('is known after right passwords that arrive together and are all hashed anew', async () => {
    const { email, password } = await ownerIn('active')
    const [version = '', secret = ''] = env.PASSWORD_PEPPERS.split(':')
    const fresh = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    const run = { ...env, PASSWORD_PEPPERS: `9:${fresh},${version}:${secret}` }
    const body = { email, password, tokenTransport: 'body' }
    const answers = await race(4, () => postLogin(body, { env: run }))
    expect(tally(answers)).toEqual({ '200': 4 })
    const before = await newDeviceMails(email)
    for (const answer of answers) {
      const { deviceToken } = tokensOf(answer)
      expectStatus(await postLogin({ ...body, deviceToken }, { env: run }), 200)
    }
    expect(await newDeviceMails(email)).toBe(before)
  })

  it('is not known where the password changed before the session was opened', async () => {
    const owner = await ownerIn('active')
    const first = await openSession(owner)
    const { deviceToken } = await openSession(await ownerIn('active'))
    const { passwordHash } = await userRow(
      (
        await ownerIn('active', {
          password: 'Quiet-Lantern-64',
          confirmPassword: 'Quiet-Lantern-64',
        })
      ).email,
    )
    const changed = beforeBatch(1, () =>
      db.update(users).set({ passwordHash }).where(eq(users.id, first.userId)),
    )
    const body = { email: owner.email, password: PASSWORD, deviceToken }
    expectStatus(await postLogin(body, { env: changed }), 401, 'invalid_credentials')
    const before = await newDeviceMails(owner.email)
    expectStatus(await postLogin({ ...body, password: 'Quiet-Lantern-64' }), 200)
    expect(await newDeviceMails(owner.email)).toBe(before + 1)
  })

  it('keeps its session where a login on it could not be booked', async () => {
    const owner = await ownerIn('active')
    const { id, deviceToken } = await openSession(owner)
    const body = { email: owner.email, password: PASSWORD, deviceToken, tokenTransport: 'body' }
    const run = failingObject('ACCOUNT_GUARD', 'settle', 'throws')
    expectStatus(await postLogin(body, { env: run }), 503, 'unavailable')
    expect(await sessionRow(id)).toMatchObject({ revokedAt: null, revokeReason: null })
    expectStatus(await postLogin(body), 200)
    expect(await sessionRow(id)).toMatchObject({ revokeReason: 'replaced' })
  })

  it('that could neither sign in nor be forgotten changes nothing about the answer: 503', async () => {
    const owner = await ownerIn('active')
    const first = await openSession(owner)
    const { ACCOUNT_GUARD } = failingObject('ACCOUNT_GUARD', 'change', 'throws')
    const run = { ...failingBatch(1, 0).env, ACCOUNT_GUARD }
    const body = { email: owner.email, password: PASSWORD, tokenTransport: 'body' }
    expectStatus(await postLogin(body, { env: run }), 503, 'unavailable')
    expect(await livingSessionsOf(first.userId)).toMatchObject([{ id: first.id }])
    expectStatus(await postLogin(body), 200)
  })
})
