/** What the cron leaves alone of codes, links, invitations and addresses, and when it takes them away. */
import {
  createExecutionContext,
  createScheduledController,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq, inArray } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../src/config.ts'
import { memberships, oneTimeTokens, users } from '../../src/db/schema/index.ts'
import { createDeps } from '../../src/deps.ts'
import worker from '../../src/index.ts'
import { purge } from '../../src/scheduled/purge.ts'
import { communityRow, db, PASSWORD, postSignup, signupForm } from '../factories.ts'
import { at } from '../features/passwords/password-client.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  memberOf,
  ownerHere,
  postAcceptance,
  signInByCode,
  useCode,
} from '../mailbox-client.ts'
import { mailedToken } from '../session-client.ts'
import { API, call, expectStatus } from '../support/call.ts'

const DAY_MS = 24 * 3600 * 1000

function purgeNow() {
  const requestId = crypto.randomUUID()
  return purge(
    createDeps(env, configOf(env), { requestId, waitUntil: () => undefined, route: () => 'test' }),
  )
}

async function runCron(): Promise<void> {
  const context = createExecutionContext()
  await worker.scheduled(createScheduledController({ cron: '* * * * *' }), env, context)
  await waitOnExecutionContext(context)
}

async function signupTokenOf(email: string): Promise<string> {
  const { flowId } = await askForCode(email, 'signup')
  const answer = await useCode({ email, code: await mailedCode(email), flowId })
  expectStatus(answer, 200)
  return String(answer.data.signupToken)
}

/** One of each kind, used and not; gives the addresses that their rows name. */
async function everyKindOfToken(): Promise<string[]> {
  const owner = await ownerHere()
  const token = owner.accessToken
  const [waiting, withdrawn, newcomer, codeOnly] = [
    addressHere(),
    addressHere(),
    addressHere(),
    addressHere(),
  ]
  await invited(owner, waiting)
  const { id } = await invited(owner, withdrawn)
  const path = `${API}/communities/${owner.slug}/invitations/${id}`
  expectStatus(await call(path, { method: 'DELETE', token }), 200)
  const member = await memberOf(owner)
  await askForCode(member.email)
  await signInByCode(owner.email)
  const signupToken = await signupTokenOf(newcomer)
  expectStatus(await postSignup(signupForm({ email: newcomer, signupToken })), 201)
  await signupTokenOf(codeOnly)
  const other = { newEmail: addressHere(), password: PASSWORD }
  const { accessToken } = await ownerHere()
  expectStatus(await call(`${API}/account/email`, { body: other, token: accessToken }), 202)
  const [first, second, third] = [addressHere(), addressHere(), addressHere()]
  for (const newEmail of [first, second]) {
    const body = { newEmail, password: PASSWORD }
    expectStatus(await call(`${API}/account/email`, { body, token }), 202)
    const code = await mailedCode(newEmail, 'email_change_code')
    expectStatus(await call(`${API}/account/email/verify`, { body: { code }, token }), 200)
  }
  const body = { newEmail: third, password: PASSWORD }
  expectStatus(await call(`${API}/account/email`, { body, token }), 202)
  const undo = { token: await mailedToken(first, 'revert_email') }
  expectStatus(await call(`${API}/auth/revert-email`, { body: undo }), 200)
  const people = [owner.email, waiting, withdrawn, newcomer, codeOnly, member.email]
  return [...people, first, second, third, other.newEmail]
}

/** Puts back what a run has purged. */
async function restore(rows: (typeof oneTimeTokens.$inferSelect)[]): Promise<void> {
  for (const row of rows) await db.insert(oneTimeTokens).values(row).onConflictDoNothing()
}

describe('tokens and what they brought about', () => {
  it('invitations, links of codes, proofs, wanted changes and undos go thirty days after they expired, used or not', async () => {
    const emails = await everyKindOfToken()
    const rows = async () => {
      const found = await db
        .select()
        .from(oneTimeTokens)
        .where(inArray(oneTimeTokens.email, emails))
      return new Map(found.map((row) => [row.id, row]))
    }
    const all = await rows()
    const kinds = [...all.values()].map(
      ({ purpose, usedAt, withdrawnAt }) =>
        `${purpose}${usedAt === null ? '' : ', used'}${withdrawnAt === null ? '' : ', withdrawn'}`,
    )
    expect([...new Set(kinds)].sort()).toEqual([
      'email_change',
      'email_change, used',
      'email_change, withdrawn',
      'invitation',
      'invitation, used',
      'invitation, withdrawn',
      'magic_link',
      'magic_link, used',
      'reset_password',
      'revert_email',
      'revert_email, used',
      'signup',
      'signup, used',
      'verify_email, used',
    ])
    for (const { id, expiresAt } of all.values()) {
      await at(expiresAt + 30 * DAY_MS - 1, purgeNow)
      expect((await rows()).get(id)).toEqual(all.get(id))
      await at(expiresAt + 30 * DAY_MS, purgeNow)
      expect((await rows()).has(id)).toBe(false)
      await restore([...all.values()])
    }
  })

  it('a used code, invitation or undo is told apart as long as its row stays, and is unknown after it', async () => {
    const owner = await ownerHere()
    const { id, token } = await invited(owner, addressHere())
    expectStatus(await postAcceptance({ token }), 200)
    const [row] = await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.id, id))
    const goneAt = (row?.expiresAt ?? 0) + 30 * DAY_MS
    await at(goneAt - 1, purgeNow)
    expectStatus(await postAcceptance({ token }), 400, 'token_used')
    await at(goneAt, purgeNow)
    expectStatus(await postAcceptance({ token }), 400, 'token_invalid')
  })

  it('members, their homes and sessions stay, whatever became of the invitation that brought them', async () => {
    const owner = await ownerHere()
    const member = await memberOf(owner)
    await at(Date.now() + 100 * DAY_MS, () => runCron())
    const [user] = await db.select().from(users).where(eq(users.id, member.userId))
    expect(user).toMatchObject({ email: member.email, communityId: owner.communityId })
    const roles = await db.select().from(memberships).where(eq(memberships.userId, member.userId))
    expect(roles).toMatchObject([{ communityId: owner.communityId, role: 'Member' }])
    expect(await communityRow(owner.communityId)).toBeDefined()
  })

  it('a community whose owner proved the address by code stays, though nobody ever opened a link', async () => {
    const email = addressHere()
    const signupToken = await signupTokenOf(email)
    const form = signupForm({ email, signupToken, password: undefined, confirmPassword: '' })
    const answer = await postSignup(form)
    expectStatus(answer, 201)
    await at(Date.now() + 8 * DAY_MS, () => runCron())
    expect(await communityRow(String(answer.data.communityId))).toMatchObject({
      status: 'pending',
    })
    expect(await db.select().from(users).where(eq(users.email, email))).toHaveLength(1)
  })
})
