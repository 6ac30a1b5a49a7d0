/**
 * One of everything that the worker does, so that tests see each statement it sends. What people do with codes, links,
 * invitations, members and addresses is in work-of-members.ts.
 */
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from 'cloudflare:test'
import { eq, type SQL, sql } from 'drizzle-orm'
import { vi } from 'vitest'
import { communities, outbox } from '../../src/db/schema/index.ts'
import worker from '../../src/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { messageFor } from '../../src/mail/messages.ts'
import {
  admin,
  db,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  postVerification,
  signedUp,
  signupForm,
  unique,
  verified,
} from '../factories.ts'
import { written } from '../features/audit/audit-client.ts'
import { setProgress } from '../scheduled/job-client.ts'
import { mailedToken, openSession, postRefresh } from '../session-client.ts'
import { API, call, expectStatus } from '../support/call.ts'
import { pngOf } from '../support/png.ts'
import { WORK_OF_ADMINS } from './work-of-admins.ts'
import { WORK_OF_MEMBERS } from './work-of-members.ts'

const DAY_MS = 24 * 3600 * 1000

/** Named pieces of work; each runs on `env` and prepares its own people beside it. */
export const WORK: Record<string, (env: Env) => Promise<void>> = {
  ...WORK_OF_MEMBERS,
  ...WORK_OF_ADMINS,
  'a signup': async (env) => {
    const headers = { 'Idempotency-Key': newId(Date.now()) }
    expectStatus(await postSignup(signupForm(), { env, headers }), 201)
  },
  'a signup with a logo, and the same again': async (env) => {
    const headers = { 'Idempotency-Key': newId(Date.now()) }
    const form = signupForm({ communityLogo: (await pngOf(3000)).dataUrl })
    expectStatus(await postSignup(form, { env, headers }), 201)
    expectStatus(await postSignup(form, { env, headers }), 201)
    expectStatus(await postSignup(form, { env }), 409)
  },
  'a verification': async (env) => {
    const { communityId } = await signedUp()
    const token = await linkTokenOf(communityId)
    expectStatus(await postVerification(token, { env }), 200)
    expectStatus(await postVerification(token, { env }), 400)
    expectStatus(await postVerification('unknown', { env }), 400)
  },
  'a hand-over to an existing account': async (env) => {
    const { email } = await verified()
    const { communityId } = await signedUp({ email })
    expectStatus(await postVerification(await linkTokenOf(communityId), { env }), 200)
  },
  'a resent link': async (env) => {
    const { email } = await signedUp()
    for (const body of [{ email }, { email: `nobody@${unique()}.example` }]) {
      expectStatus(await call(`${API}/auth/resend-verification`, { body, env }), 202)
    }
  },
  'a login': async (env) => {
    const { email } = await ownerIn('approved')
    expectStatus(await postLogin({ email, password: PASSWORD }, { env }), 200)
  },
  'a login that a gate stops': async (env) => {
    const { email } = await ownerIn('suspended')
    expectStatus(await postLogin({ email, password: PASSWORD }, { env }), 403)
  },
  'a login before the mailbox is proven': async (env) => {
    const { email } = await signedUp()
    expectStatus(await postLogin({ email, password: PASSWORD }, { env }), 403)
  },
  'wrong passwords until the account is blocked': async (env) => {
    const { email } = await ownerIn('active')
    const answers = []
    for (let n = 0; n < 6; n++) answers.push(await postLogin({ email, password: 'no' }, { env }))
    answers.push(await postLogin({ email: `no@${unique()}.example`, password: 'no' }, { env }))
    const [first] = answers
    if (first) expectStatus(first, 401)
  },
  'who am I': async (env) => {
    const { token } = await admin()
    expectStatus(await call(`${API}/auth/me`, { token, env }), 200)
  },
  'a refresh, its repetition, and a token used twice': async (env) => {
    const { refreshToken } = await openSession(await ownerIn('active'))
    const next = await postRefresh(refreshToken, { env })
    expectStatus(next, 200)
    expectStatus(await postRefresh(refreshToken, { env }), 200)
    expectStatus(await postRefresh(String(next.data.refreshToken), { env }), 200)
    expectStatus(await postRefresh(refreshToken, { env }), 403, 'refresh_reused')
    expectStatus(await postRefresh(refreshToken, { env }), 403, 'refresh_invalid')
  },
  'sessions listed, ended and left': async (env) => {
    const owner = await ownerIn('active')
    const [one, two, three] = [
      await openSession(owner, { call: { env } }),
      await openSession(owner, { call: { env } }),
      await openSession(owner, { call: { env } }),
    ]
    const token = one.accessToken
    expectStatus(await call(`${API}/sessions?limit=1`, { token, env }), 200)
    const end = (path: string) => call(`${API}${path}`, { method: 'DELETE', token, env })
    expectStatus(await end(`/sessions/${two.id}`), 200)
    expectStatus(await end('/sessions?keepCurrent=true'), 200)
    expectStatus(await end('/sessions'), 200)
    const logOut = (path: string) =>
      call(`${API}${path}`, { method: 'POST', token: three.accessToken, env })
    expectStatus(await logOut('/auth/logout'), 200)
    expectStatus(await logOut('/auth/logout-all'), 200)
  },
  'a login that was not me': async (env) => {
    const owner = await ownerIn('active')
    await openSession(owner)
    await openSession(owner, { call: { env } })
    const token = await mailedToken(owner.email, 'not_me')
    expectStatus(await call(`${API}/auth/not-me`, { body: { token }, env }), 200)
    expectStatus(await call(`${API}/auth/not-me`, { body: { token }, env }), 400)
  },
  'a forgotten password': async (env) => {
    const { email } = await ownerIn('active')
    for (const body of [{ email }, { email: `nobody@${unique()}.example` }]) {
      expectStatus(await call(`${API}/auth/forgot-password`, { body, env }), 202)
    }
    const token = await mailedToken(email, 'reset_password')
    const body = { token, password: 'Quiet-Lantern-64' }
    expectStatus(await call(`${API}/auth/verify-reset-token`, { body, env }), 200)
    expectStatus(await call(`${API}/auth/reset-password`, { body, env }), 200)
    expectStatus(await call(`${API}/auth/reset-password`, { body, env }), 400)
  },
  'a changed password, by password and by code': async (env) => {
    const owner = await ownerIn('active')
    const { accessToken: token } = await openSession(owner)
    const ask = (path: string, body?: object) =>
      call(`${API}${path}`, { method: 'POST', body, token, env })
    const newPassword = 'Quiet-Lantern-64'
    expectStatus(await ask('/account/password', { currentPassword: 'no', newPassword }), 403)
    const currentPassword = PASSWORD
    expectStatus(await ask('/account/password', { currentPassword, newPassword }), 200)
    expectStatus(await ask('/account/code'), 202)
    expectStatus(await ask('/account/password', { code: '000000', newPassword }), 400)
  },
  'a changed profile': async (env) => {
    const { token } = await admin()
    const body = { fullName: 'Ada', skills: ['Reviews'] }
    expectStatus(await call(`${API}/account`, { method: 'PATCH', body, token, env }), 200)
  },
  'a review by id and by slug': async (env) => {
    const { token } = await admin()
    const { communityId, slug } = await verified()
    const steps = [
      [communityId, { status: 'under_review' }],
      [slug, { status: 'approved' }],
      [slug, { status: 'suspended', reason: 'Because.' }],
    ] as const
    for (const [id, body] of steps) {
      const path = `${API}/admin/communities/${id}/status`
      expectStatus(await call(path, { method: 'PATCH', body, token, env }), 200)
    }
  },
  'email domains listed, judged and removed': async (env) => {
    const { token } = await admin()
    const path = `${API}/admin/email-domains`
    for (const query of ['', '?q=mail', '?verdict=allow', '?verdict=deny&q=mail']) {
      const page = await call(`${path}${query}`, { token, env })
      expectStatus(page, 200)
      const next = `${path}?cursor=${page.data.nextCursor}&${query.slice(1)}`
      if (page.data.nextCursor !== null) expectStatus(await call(next, { token, env }), 200)
    }
    const one = `${path}/${unique()}.example`
    for (const verdict of ['deny', 'allow']) {
      expectStatus(await call(one, { method: 'PUT', body: { verdict }, token, env }), 200)
    }
    expectStatus(await call(one, { method: 'DELETE', token, env }), 200)
    expectStatus(await call(one, { method: 'DELETE', token, env }), 404)
  },
  'numbers and alerts': async (env) => {
    const { token } = await admin()
    for (const path of ['stats', 'stats?window=7d', 'stats?window=30d', 'alerts?limit=1']) {
      expectStatus(await call(`${API}/admin/${path}`, { token, env }), 200)
    }
  },
  'an alert that begins, goes on and ends, with what tells of it': async (env) => {
    const operators = { ALERT_EMAILS: 'ops@gate.example', ALERT_WEBHOOK_URL: 'http://localhost:1' }
    const secret = `whsec_${btoa('a-secret-of-at-least-24-bytes')}`
    const told = { ...env, ...operators, ALERT_WEBHOOK_SECRET: secret, ALERT_SIGNUPS: '1' }
    for (let n = 0; n < 2; n++) {
      await signedUp()
      await runJobs(told)
    }
    const isOfAlert = sql`${outbox.payload} ->> 'alertId' is not null`
    await deliverRows(env, 'gatehouse-outbox', isOfAlert)
    await runJobs({ ...told, ALERT_SIGNUPS: '0' })
  },
  'the review list, filtered, searched and read on': async (env) => {
    const { token } = await admin()
    const { slug, form } = await ownerIn('under_review')
    await ownerIn('under_review')
    const list = (query: string) => call(`${API}/admin/communities?${query}`, { token, env })
    const status = 'status=under_review'
    for (const query of ['', status, `q=${form.officialEmail}`, `q=${slug}&${status}`]) {
      expectStatus(await list(query), 200)
    }
    for (const query of ['limit=1', `limit=1&${status}`, 'limit=1&q=circle']) {
      const { data } = await list(query)
      expectStatus(await list(`${query}&cursor=${data.nextCursor}`), 200)
    }
  },
  'one community and its history, by id and by slug': async (env) => {
    const { token } = await admin()
    const { communityId, slug } = await verified()
    for (const id of [communityId, slug]) {
      expectStatus(await call(`${API}/admin/communities/${id}`, { token, env }), 200)
    }
  },
  'the audit log, filtered, read on and exported': async (env) => {
    const { token, id } = await admin()
    const { communityId } = await verified()
    const span = 'from=2026-01-01&to=2100-01-01'
    const queries = ['', 'action=login_success', `actorId=${id}`, `userId=${id}&action=logout`]
    for (const query of [...queries, `communityId=${communityId}&${span}`, span]) {
      const path = `${API}/admin/audit-logs?limit=1&${query}`
      const { data } = await call(path, { token, env })
      expectStatus(
        await call(`${path}&cursor=${data.nextCursor ?? ''}`, { token, env }),
        data.nextCursor ? 200 : 422,
      )
      const headers = { Accept: 'text/csv' }
      expectStatus(await call(path, { token, env, headers }), 200)
    }
  },
  'the inbox': async (env) => {
    expectStatus(await call('/dev/mail.json', { env }), 200)
    expectStatus(await call('/dev/mail?to=a@b.example', { env }), 200)
  },
  'the delivery of a mail': async (env) => {
    const { communityId } = await signedUp()
    await deliver(env, 'gatehouse-outbox', communityId)
  },
  'a message that nobody could deliver': async (env) => {
    const { communityId } = await signedUp()
    await deliver(env, 'gatehouse-outbox-dead', communityId)
  },
  'the scheduled jobs': async (env) => {
    const { communityId } = await signedUp({ communityLogo: (await pngOf(3000)).dataUrl })
    const madeAt = Date.now() - 8 * DAY_MS
    await db.update(communities).set({ createdAt: madeAt }).where(eq(communities.id, communityId))
    const waiting = { createdAt: madeAt, notBefore: madeAt }
    await db.update(outbox).set(waiting).where(eq(outbox.communityId, communityId))
    await setProgress('stats', Date.now())
    await written(Date.now() - 400 * DAY_MS, { ip: '203.0.113.7' })
    await written(Date.now() - 100 * DAY_MS, { ip: '203.0.113.7' })
    await runJobs(env)
    // In the minutes of the logo sweep, two days on.
    const now = Date.now()
    for (let slice = 0; slice < 16; slice++) {
      const nextDay = now - (now % DAY_MS) + 3 * DAY_MS
      vi.useFakeTimers({ toFake: ['Date'], now: nextDay + (3 * 60 + slice) * 60_000 })
      await runJobs(env)
    }
    vi.useRealTimers()
  },
}

function deliver(env: Env, queue: string, communityId: string): Promise<void> {
  return deliverRows(env, queue, eq(outbox.communityId, communityId))
}

async function deliverRows(env: Env, queue: string, which: SQL): Promise<void> {
  const rows = await db.select().from(outbox).where(which)
  const messages = rows.map(({ id }) => ({
    id,
    timestamp: new Date(),
    attempts: 1,
    body: messageFor(id),
  }))
  const batch = createMessageBatch(queue, messages)
  const context = createExecutionContext()
  await worker.queue(batch, env, context)
  await getQueueResult(batch, context)
}

async function runJobs(env: Env): Promise<void> {
  const context = createExecutionContext()
  await worker.scheduled(createScheduledController(), env, context)
  await waitOnExecutionContext(context)
}
