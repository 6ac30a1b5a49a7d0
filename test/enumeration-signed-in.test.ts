/**
 * Whoever is signed in may name addresses too: a new one of the own, and those of people to invite. Neither tells
 * whether the address belongs to somebody: answer and work are compared, and who is mailed what is not for the asker.
 */
import { describe, expect, it } from 'vitest'
import { PASSWORD, postLogin } from './factories.ts'
import {
  at,
  mailsOf,
  NEW,
  otherCode,
  unknownAddress,
} from './features/passwords/password-client.ts'
import {
  addressHere,
  invited,
  mailedCode,
  memberOf,
  type OwnerHere,
  ownerHere,
  postInvitation,
} from './mailbox-client.ts'
import { addressOf, KINDS } from './support/addresses.ts'
import { API, call, expectStatus } from './support/call.ts'
import { expectAlike, type Observation, observe } from './support/differ.ts'
import { failingBatch, failingDatabase, failingObject, lostAnswer } from './support/faults.ts'
import { answerOf } from './support/public-routes.ts'

type Ask = (me: OwnerHere, email: string, workerEnv?: Env) => Promise<Observation>

const changeTo: Ask = (me, newEmail, env) =>
  observe(`${API}/account/email`, {
    body: { newEmail, password: PASSWORD },
    token: me.accessToken,
    own: [newEmail, me.email],
    env,
  })

const enterWrongCode: Ask = async (me, newEmail) => {
  const waiting = await mailedCode(newEmail, 'email_change_code').catch(() =>
    mailedCode(newEmail, 'email_change_taken'),
  )
  return observe(`${API}/account/email/verify`, {
    body: { code: otherCode(waiting) },
    token: me.accessToken,
    own: [newEmail, me.email],
  })
}

const invite: Ask = (me, email, env) =>
  observe(`${API}/communities/${me.slug}/invitations`, {
    body: { email, role: 'Member' },
    token: me.accessToken,
    own: [email, me.slug, me.communityId],
    env,
  })

/** Two askers in step: one names the known address, the other one that nobody has. */
async function compare(
  known: string,
  ask: (me: OwnerHere, email: string) => Promise<Observation[]>,
): Promise<string[]> {
  const [me, twin] = [await ownerHere(), await ownerHere()]
  const start = Date.now()
  const [seen, unknown] = await at(start, async () => [
    await ask(me, known),
    await ask(twin, unknownAddress()),
  ])
  expectAlike(seen ?? [], unknown ?? [])
  return (unknown ?? []).map(answerOf)
}

const repeatedly =
  (count: number, ask: Ask) =>
  async (me: OwnerHere, email: string): Promise<Observation[]> => {
    const seen: Observation[] = []
    for (let n = 0; n < count; n++) seen.push(await ask(me, email))
    return seen
  }

describe('POST /account/email', () => {
  it.each(KINDS)('treats %s as an address that nobody has, up to the limit', async (kind) => {
    const answers = await compare(await addressOf(kind), repeatedly(6, changeTo))
    expect(answers).toEqual([...Array(5).fill('202'), '429 rate_limited'])
  })

  it('mails a code to a free address, and the holder of a taken one only that', async () => {
    const me = await ownerHere()
    const kinds = [
      'an account',
      'an admin',
      'an address that its account has left and may take back',
    ]
    for (const kind of kinds) {
      const taken = await addressOf(kind)
      expect(answerOf(await changeTo(me, taken))).toBe('202')
      expect(await mailsOf(taken, 'email_change_code')).toEqual([])
      expect(await mailsOf(taken, 'email_change_taken')).toHaveLength(1)
    }
    const free = addressHere()
    expect(answerOf(await changeTo(me, free))).toBe('202')
    expect(await mailsOf(free, 'email_change_code')).toHaveLength(1)
    expect(await mailsOf(free, 'email_change_taken')).toEqual([])
  })

  it.each(['an account', 'an admin', 'an address that its account has left and may take back'])(
    'answers wrong codes for %s as for an address that nobody has',
    async (kind) => {
      const answers = await compare(await addressOf(kind), async (me, email) => {
        await changeTo(me, email)
        return repeatedly(11, enterWrongCode)(me, email)
      })
      expect(answers).toEqual([...Array(10).fill('400 code_invalid'), '429 too_many_attempts'])
    },
  )
})

describe('POST /communities/:community/invitations', () => {
  it.each(KINDS)('treats %s as an address that nobody has, up to the cap', async (kind) => {
    const answers = await compare(await addressOf(kind), repeatedly(6, invite))
    expect(answers).toEqual([...Array(5).fill('201'), '429 rate_limited'])
  })

  it('treats a person whom another community has invited as one whom none has, below the cap of the mailbox', async () => {
    const email = unknownAddress()
    await invited(await ownerHere(), email)
    expect(await compare(email, repeatedly(4, invite))).toEqual(Array(4).fill('201'))
  })

  it('tells of the members of the own community alone, whom the owner sees anyway', async () => {
    const owner = await ownerHere()
    const { email } = await memberOf(owner)
    expectStatus(await postInvitation(owner, { email, role: 'Member' }), 409, 'already_member')
    const other = await ownerHere()
    expectStatus(await postInvitation(other, { email, role: 'Member' }), 201)
  })
})

const ROUTES: [name: string, ask: Ask][] = [
  ['POST /account/email', changeTo],
  ['POST /communities/:community/invitations', invite],
]
const OUTAGES: [name: string, workerEnv: () => Env][] = [
  ['the database answers nothing', failingDatabase],
  ['the limiter throws', () => failingObject('RATE_LIMITER', 'hit', 'throws')],
  ['the write fails', () => failingBatch(0, 0).env],
  ['the answer to the write is lost', () => lostAnswer(0)],
]

describe.each(ROUTES)('%s, in an outage', (_, ask) => {
  it.each(OUTAGES)('refuses every address alike where %s', async (_outage, workerEnv) => {
    const kinds = ['an account', 'a signup that nobody has verified', 'an admin']
    for (const kind of kinds) {
      const answers = await compare(await addressOf(kind), (me, email) =>
        repeatedly(2, (one, address) => ask(one, address, workerEnv()))(me, email),
      )
      expect(answers).toEqual(['503 unavailable', '503 unavailable'])
    }
  })
})

describe('an account without a password', () => {
  const changeByCode = async (me: OwnerHere, newEmail: string) => {
    const token = me.accessToken
    expectStatus(await call(`${API}/account/code`, { method: 'POST', token }), 202)
    const code = await mailedCode(me.email)
    return [
      await observe(`${API}/account/email`, {
        body: { newEmail, code },
        token,
        own: [newEmail, me.email],
      }),
    ]
  }

  it('is told as little where a code proves who asks', async () => {
    expect(await compare(await addressOf('an account'), changeByCode)).toEqual(['202'])
  })

  it('is told of a wrong password only that it is wrong, and nothing of the address', async () => {
    const wrong: Ask = (me, newEmail) =>
      observe(`${API}/account/email`, {
        body: { newEmail, password: NEW },
        token: me.accessToken,
        own: [newEmail, me.email],
      })
    const answers = await compare(await addressOf('an admin'), repeatedly(2, wrong))
    expect(answers).toEqual(['403 wrong_password', '403 wrong_password'])
    expectStatus(await postLogin({ email: addressHere(), password: NEW }), 401)
  })
})
