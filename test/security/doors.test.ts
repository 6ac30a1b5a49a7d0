/** Every way in under every state: each row of the table in docs/sign-in.md, as it is told there. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import {
  communities,
  FAILURES_UNTIL_RESET,
  memberships,
  PLATFORM_COMMUNITY_ID,
  users,
} from '../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin, type SignedUp, signedUp } from '../factories.ts'
import { guessWrong, lock } from '../features/passwords/password-client.ts'
import { askForCode, mailedCode, useCode, useLink } from '../mailbox-client.ts'
import {
  livingSessionsOf,
  mailedToken,
  openSession,
  postRefresh,
  userRow,
} from '../session-client.ts'
import { type Answer, expectStatus } from '../support/call.ts'
import { codeOf, DOCS, SOURCES, section, tableRows } from './read-sources.ts'

const TABLE = section(DOCS['sign-in.md'] ?? '', 'What stops each way')
const ROWS = tableRows(TABLE)
const [HEAD = ''] = TABLE.split('\n').filter((line) => line.startsWith('| state |'))

const put = (status: 'pending' | 'under_review' | 'rejected' | 'suspended') => (person: SignedUp) =>
  db.update(communities).set({ status }).where(eq(communities.id, person.communityId))

const change = (what: Partial<typeof users.$inferInsert>) => (person: SignedUp) =>
  db.update(users).set(what).where(eq(users.email, person.email))

/** How an account with an open session, a code and a link comes into each state. */
const STATES: Record<string, (person: SignedUp) => Promise<unknown>> = {
  'blocked after five wrong passwords': ({ email }) => guessWrong(email, 5),
  'locked after ten': ({ email }) => lock(email),
  'a hundred wrong passwords since the last right one': change({
    failedLoginAttempts: FAILURES_UNTIL_RESET,
  }),
  'account disabled': change({ disabledAt: 1 }),
  'no membership': async ({ email }) =>
    db.delete(memberships).where(eq(memberships.userId, (await userRow(email)).id)),
  'community pending': put('pending'),
  'community under review': put('under_review'),
  'community rejected': put('rejected'),
  'community suspended': put('suspended'),
  "an admin's account": async ({ email }) =>
    db.insert(memberships).values({
      userId: (await userRow(email)).id,
      communityId: PLATFORM_COMMUNITY_ID,
      role: 'Admin',
      createdAt: Date.now(),
    }),
}
const NOT_PROVEN = 'mailbox not proven'

/** Each way in of somebody who could come in by it until now: prepares it, and gives the call. */
type Prepare = (person: SignedUp, purpose?: 'login' | 'signup') => Promise<() => Promise<Answer>>

const WAYS: Record<string, Prepare> = {
  'POST /auth/login':
    async ({ email }) =>
    async () =>
      postLogin({ email, password: PASSWORD }),
  'POST /auth/verify-otp': async ({ email }, purpose) => {
    const { flowId } = await askForCode(email, purpose)
    const code = await mailedCode(email)
    return async () => useCode({ email, code, flowId })
  },
  'POST /auth/verify-magic': async ({ email }, purpose) => {
    const { flowId } = await askForCode(email, purpose)
    const token = await mailedToken(email, 'magic_link')
    return async () => useLink({ token, flowId })
  },
}
const REFRESH = 'POST /auth/refresh'

const told = (cell = '') => cell.replaceAll('`', '')

function answerOf({ status, json, data }: Answer): string {
  if (status !== 200) return `${status} ${json.code}`
  return data.signupToken === undefined ? 'goes on' : 'gives a signupToken'
}

/** Cells of a row by the way that they are about. */
const byWay = ([, ...cells]: readonly string[]) =>
  Object.entries(WAYS).map(([name, prepare], at) => ({
    name,
    prepare,
    told: told(cells[at]).replace(/^open$/, 'goes on'),
  }))

describe('the states of the page', () => {
  it('and its ways are those that are tested here', () => {
    expect(ROWS.map(([state]) => state)).toEqual([NOT_PROVEN, ...Object.keys(STATES)])
    const heads = HEAD.split('|').map((cell) => told(cell.trim()))
    expect(heads.slice(1, -1)).toEqual(['state', ...Object.keys(WAYS), REFRESH])
  })

  it.each(ROWS.filter(([state]) => state !== NOT_PROVEN))(
    'stop each way in as it is told: %s',
    async (...row) => {
      for (const way of byWay(row)) {
        const person = await ownerIn('active')
        const comeIn = await way.prepare(person)
        await STATES[row[0] ?? '']?.(person)
        const { id } = await userRow(person.email)
        const answer = answerOf(await comeIn())
        expect({ way: way.name, answer }).toEqual({ way: way.name, answer: way.told })
        expect(await livingSessionsOf(id)).toHaveLength(answer === 'goes on' ? 1 : 0)
      }
      const person = await ownerIn('active')
      const { refreshToken } = await openSession(person)
      await STATES[row[0] ?? '']?.(person)
      expect(answerOf(await postRefresh(refreshToken))).toBe(told(row.at(-1)))
    },
  )

  it('stop whoever has not proven the mailbox, who can have no session', async () => {
    const [row = []] = ROWS
    for (const way of byWay(row)) {
      const person = await signedUp()
      const answer = answerOf(await (await way.prepare(person, 'signup'))())
      expect({ way: way.name, answer }).toEqual({ way: way.name, answer: way.told })
      expect(await livingSessionsOf((await userRow(person.email)).id)).toEqual([])
    }
    expect(row.at(-1)).toBe('has no session')
  })

  it('are none where nothing is wrong: then each way is open', async () => {
    const person = await ownerIn('active')
    for (const prepare of Object.values(WAYS)) expectStatus(await (await prepare(person))(), 200)
    expectStatus(await postRefresh((await openSession(person)).refreshToken), 200)
  })
})

describe('the code', () => {
  const callersOf = (name: string) =>
    Object.keys(SOURCES).filter((path) => new RegExp(`\\b${name}\\(`).test(codeOf(path)))

  it('opens sessions in one place, which repeats every condition in its statement', () => {
    const writers = Object.keys(SOURCES).filter((path) =>
      /insert(Where)?\(\s*(db,\s*)?sessions\b|insert into sessions/i.test(codeOf(path)),
    )
    expect(writers).toEqual(['features/sessions/repository.ts'])
    expect(callersOf('openSession').sort()).toEqual([
      'features/sessions/opening.ts',
      'features/sessions/repository.ts',
    ])
  })

  it('reaches that place by three ways in, each of which says what it has judged', () => {
    expect(callersOf('openJudged').sort()).toEqual([
      'features/invitations/accept.ts',
      'features/login/sign-in.ts',
      'features/one-time-codes/use.ts',
      'features/sessions/opening.ts',
    ])
  })
})
