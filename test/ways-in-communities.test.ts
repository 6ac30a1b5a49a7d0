/** Each way in, for each state that the community it leads to can be in: one table. */
import { eq } from 'drizzle-orm'
import { beforeAll, describe, expect, it } from 'vitest'
import { communities } from '../src/db/schema/index.ts'
import { db } from './factories.ts'
import { lock } from './features/passwords/password-client.ts'
import { type OwnerHere, ownerHere } from './mailbox-client.ts'
import { livingSessionsOf, me } from './session-client.ts'
import { expectStatus } from './support/call.ts'
import {
  joined,
  leakOf,
  type Prepared,
  prepared,
  setUser,
  verdictOf,
  WAY_NAMES,
  WAYS,
  type Way,
} from './ways-in-world.ts'

const STATES = [
  'pending',
  'under_review',
  'approved',
  'active',
  'rejected',
  'suspended',
  'deleted',
] as const
type State = (typeof STATES)[number]

/** What stops who would come in to a community in this state; nothing where it is open. */
const GATES: Record<State, string | undefined> = {
  pending: '403 community_not_approved',
  under_review: '403 community_not_approved',
  approved: undefined,
  active: undefined,
  rejected: '403 community_rejected',
  suspended: '403 community_suspended',
  deleted: '403 no_membership',
}

/** An account has a way in to its own community, to another that it belongs to, or to one that it is invited to. */
const LEADS_TO = {
  password: 'own',
  code: 'own',
  link: 'own',
  refresh: 'own',
  switch: 'other',
  accept: 'inviting',
  confirm: 'inviting',
} as const satisfies Record<Way, string>

/** A session is of an open community, or is none. */
const SESSION_ENDED = '403 refresh_invalid'

function expected(way: Way, state: State): string {
  const gate = GATES[state]
  if (way === 'accept' && gate === undefined) return '409 account_exists'
  if (gate === undefined) return '200'
  if (way === 'refresh') return SESSION_ENDED
  // What a community that is gone was called is told to nobody.
  if (state === 'deleted' && way === 'switch') return '404 not_found'
  if (state === 'deleted' && LEADS_TO[way] === 'inviting') return '400 token_invalid'
  return gate
}

const setState = (communityId: string, state: State) =>
  db
    .update(communities)
    .set(state === 'deleted' ? { isDeleted: true } : { status: state })
    .where(eq(communities.id, communityId))

async function put(way: Way, who: Prepared, inviter: OwnerHere, state: State) {
  const ids = {
    own: who.owner.communityId,
    other: who.otherId,
    inviting: inviter.communityId,
  }
  await setState(ids[LEADS_TO[way]], state)
}

describe('each way in', () => {
  describe.each(STATES)('to a community that is %s', (state) => {
    it.each(WAY_NAMES)('%s', async (way) => {
      const inviter = await ownerHere()
      const who = await prepared(way, inviter)
      await put(way, who, inviter, state)
      const before = (await livingSessionsOf(who.userId)).length
      const answer = await WAYS[way](who, 'stranger')
      expect({ [way]: verdictOf(answer), body: answer.text }).toEqual({
        [way]: expected(way, state),
        body: answer.text,
      })
      expect(await leakOf(answer, who, before)).toBeUndefined()
    })
  })
})

describe('each way in, where several things are wrong', () => {
  let inviter: OwnerHere
  beforeAll(async () => {
    inviter = await ownerHere()
  })
  const BY_MAIL_OR_PASSWORD = ['password', 'code', 'link'] as const

  it.each(BY_MAIL_OR_PASSWORD)(
    '%s: the account’s gate stands before the community’s',
    async (way) => {
      const who = await prepared(way, inviter)
      await setUser(who.userId, { disabledAt: 1 })
      await setState(who.owner.communityId, 'suspended')
      expect(verdictOf(await WAYS[way](who, 'stranger'))).toBe('403 account_disabled')
    },
  )

  it.each(BY_MAIL_OR_PASSWORD)(
    '%s: a lock stands before both, but for a known device',
    async (way) => {
      const who = await prepared(way, inviter)
      await setState(who.owner.communityId, 'suspended')
      await lock(who.owner.email)
      expect(verdictOf(await WAYS[way](who, 'stranger'))).toBe('423 account_locked')
      expect(verdictOf(await WAYS[way](who, 'known device'))).toBe('403 community_suspended')
    },
  )

  it.each(BY_MAIL_OR_PASSWORD)('%s: where one’s own is closed, an open one opens', async (way) => {
    for (const state of ['suspended', 'rejected', 'deleted'] as const) {
      const who = await prepared(way, inviter)
      const otherId = await joined(who.userId)
      await setState(who.owner.communityId, state)
      const answer = await WAYS[way](who, 'stranger')
      expectStatus(answer, 200)
      expect(answer.data).toMatchObject({ community: { id: otherId } })
      expectStatus(await me(String(answer.data.accessToken)), 200)
    }
  })

  it.each(BY_MAIL_OR_PASSWORD)('%s: where all are closed, one’s own says why', async (way) => {
    const who = await prepared(way, inviter)
    await setState(who.owner.communityId, 'rejected')
    await setState(await joined(who.userId), 'suspended')
    expect(verdictOf(await WAYS[way](who, 'stranger'))).toBe('403 community_rejected')
  })

  it('a community that closes ends no session of another one', async () => {
    const who = await prepared('switch', inviter)
    await setState(who.otherId, 'suspended')
    expect(verdictOf(await WAYS.refresh(who))).toBe('200')
    expect(verdictOf(await WAYS.switch(who))).toBe('403 community_suspended')
    expectStatus(await me(who.session.accessToken), 200)
  })
})
