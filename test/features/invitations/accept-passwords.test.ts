/** Whoever accepts an invitation chooses a password by the rules of signup, reset and change: the same table. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../src/lib/ids.ts'
import type { AskedRange } from '../../breached-passwords.ts'
import { postLogin, unique } from '../../factories.ts'
import {
  addressHere,
  invited,
  type OwnerHere,
  ownerHere,
  postAcceptance,
} from '../../mailbox-client.ts'
import { PASSWORD_VECTORS, VECTOR_ACCOUNT } from '../../password-vectors.ts'
import { type Answer, type CallOptions, expectStatus } from '../../support/call.ts'
import { expectAlive } from '../members/member-client.ts'
import { costOf } from '../passwords/password-client.ts'

const BREACHED = 'Harbour-Kettle-77'
const GOOD = PASSWORD_VECTORS.filter(({ verdict }) => verdict === 'accepted')
const BAD = PASSWORD_VECTORS.filter(({ verdict }) => verdict !== 'accepted')
const { firstName, lastName, communityName, email } = VECTOR_ACCOUNT
const fullName = `${firstName} ${lastName}`

let owner: OwnerHere
let invitation: { id: string; token: string }

beforeAll(async () => {
  owner = await ownerHere({ communityName })
  invitation = await invited(owner, email)
})

const accept = (password: unknown, options: CallOptions = {}) =>
  postAcceptance({ token: invitation.token, fullName, password }, options)

function expectRejected(answer: Answer, password: string): void {
  expectStatus(answer, 400, 'password_rejected')
  expect(Object.keys(answer.json.errors ?? {})).toEqual(['password'])
  expect(password === '' || !answer.text.includes(JSON.stringify(password).slice(1, -1))).toBe(true)
}

/** The breach list of the test server, whoever answers slowly on a busy machine too. */
function lookingUp() {
  const base = `${env.TEST_PROVIDER_URL}/breaches/ok/${newId(0)}`
  const asked = async () => (await (await fetch(`${base}/asked`)).json()) as AskedRange[]
  const lookup = { BREACH_LOOKUP: 'on', BREACH_API_URL: base, BREACH_TIMEOUT_MS: 20_000 }
  return { env: { ...env, ...lookup }, asked }
}

describe('POST /api/v1/auth/accept-invite judges the password', () => {
  it.each(BAD)('and refuses $why: $verdict', async ({ password }) => {
    expectRejected(await accept(password), password)
  })

  it('before it costs a hash or a look at the breach list', async () => {
    const list = lookingUp()
    for (const { password } of BAD.slice(0, 3)) {
      expect(costOf(await accept(password, { env: list.env }))).not.toContain('hash')
    }
    expect(await list.asked()).toEqual([])
  })

  it('and refuses one that a breach had', async () => {
    const list = lookingUp()
    const answer = await accept(BREACHED, { env: list.env })
    expectRejected(answer, BREACHED)
    expect(answer.json.errors).toEqual({
      password: expect.stringContaining('known from a data breach'),
    })
    expect(await list.asked()).toHaveLength(1)
  })

  it('but looks none up for a link that is worth nothing', async () => {
    const list = lookingUp()
    const body = { token: 'A'.repeat(43), password: BREACHED }
    expectStatus(await postAcceptance(body, { env: list.env }), 400, 'token_invalid')
    expect(await list.asked()).toEqual([])
  })

  it('with a word of the name that comes from the address, too', async () => {
    const address = `theodora.${unique()}@apex.example`
    const { token } = await invited(owner, address)
    expectRejected(await postAcceptance({ token, password: 'Theodora-77-x!' }), 'Theodora-77-x!')
  })

  it('and no refusal has used the invitation up: a good one makes the account', async () => {
    await expectAlive(invitation.id)
    const [good] = GOOD
    expectStatus(await accept(good?.password), 200)
    expectStatus(await postLogin({ email, password: good?.password }), 200)
  })

  it.each(GOOD)('and takes $why', async ({ password }) => {
    const address = addressHere()
    const { token } = await invited(owner, address)
    expectStatus(await postAcceptance({ token, fullName, password }), 200)
    expectStatus(await postLogin({ email: address, password }), 200)
  })
})
