/** Every way in under every state: each row of the table in docs/sign-in.md, as it is told there. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, FAILURES_UNTIL_RESET, memberships, users } from '../../src/db/schema/index.ts'
import { db, ownerIn, PASSWORD, postLogin, type SignedUp, signedUp } from '../factories.ts'
import { guessWrong, lock } from '../features/passwords/password-client.ts'
import { livingSessionsOf, openSession, postRefresh, userRow } from '../session-client.ts'
import { type Answer, expectStatus } from '../support/call.ts'
import { codeOf, DOCS, SOURCES, section, tableRows } from './read-sources.ts'

const ROWS = tableRows(section(DOCS['sign-in.md'] ?? '', 'What stops each way'))

const put = (status: 'pending' | 'under_review' | 'rejected' | 'suspended') => (person: SignedUp) =>
  db.update(communities).set({ status }).where(eq(communities.id, person.communityId))

const change = (what: Partial<typeof users.$inferInsert>) => (person: SignedUp) =>
  db.update(users).set(what).where(eq(users.email, person.email))

/** How an account with an open session comes into each state. */
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
}
const NOT_PROVEN = 'mailbox not proven'

const told = (cell = '') => cell.replaceAll('`', '')
const answerOf = ({ status, json }: Answer) =>
  status === 200 ? 'goes on' : `${status} ${json.code}`

describe('the states of the page', () => {
  it('are those that are tested here', () => {
    expect(ROWS.map(([state]) => state)).toEqual([NOT_PROVEN, ...Object.keys(STATES)])
  })

  it.each(ROWS.filter(([state]) => state !== NOT_PROVEN))(
    'stop each way in as it is told: %s',
    async (state = '', byPassword, byRefresh) => {
      const person = await ownerIn('active')
      const session = await openSession(person)
      await STATES[state]?.(person)
      const before = await livingSessionsOf(session.userId)
      const login = await postLogin({ email: person.email, password: PASSWORD })
      expect(answerOf(login)).toBe(told(byPassword))
      expect(await livingSessionsOf(session.userId)).toEqual(before)
      expect(answerOf(await postRefresh(session.refreshToken))).toBe(told(byRefresh))
    },
  )

  it('stop whoever has not proven the mailbox, who can have no session', async () => {
    const [, byPassword, byRefresh] = ROWS[0] ?? []
    const person = await signedUp()
    const answer = await postLogin({ email: person.email, password: person.password })
    expect([answerOf(answer), byRefresh]).toEqual([told(byPassword), 'has no session'])
    expect(await livingSessionsOf((await userRow(person.email)).id)).toEqual([])
  })

  it('are none where nothing is wrong: then each way is open', async () => {
    const person = await ownerIn('active')
    const session = await openSession(person)
    expectStatus(await postLogin({ email: person.email, password: PASSWORD }), 200)
    expectStatus(await postRefresh(session.refreshToken), 200)
  })
})

describe('the code', () => {
  it('opens sessions in one place, which repeats every condition in its statement', () => {
    const writers = Object.keys(SOURCES).filter((path) =>
      /insert(Where)?\(\s*(db,\s*)?sessions\b|insert into sessions/i.test(codeOf(path)),
    )
    expect(writers).toEqual(['features/sessions/repository.ts'])
    const callers = Object.keys(SOURCES).filter((path) => /\bopenSession\(/.test(codeOf(path)))
    expect(callers.sort()).toEqual(['features/login/sign-in.ts', 'features/sessions/repository.ts'])
  })
})
