/**
 * As canary.test.ts: one walk through codes, links, invitations and the change of an address, then a search for every
 * secret of it. Each is in the mailbox, in the hands of whom it was given to, and nowhere else.
 */
import { describe, expect, it, vi } from 'vitest'
import { alone, cookiesIn, listening, shown, wholeDatabase, wholeGuard } from './canary-places.ts'
import { ownerIn, postLogin, postSignup, signupForm } from './factories.ts'
import { postSend } from './features/one-time-codes/sign-in-client.ts'
import { deliverAll, later, MINUTE, SECOND } from './features/passwords/password-client.ts'
import {
  addressHere,
  mailedCode,
  otherCode,
  postAcceptance,
  postInvitation,
  useCode,
  useLink,
} from './mailbox-client.ts'
import { cookieOf, mailedToken, type OpenSession, openSession, tokensOf } from './session-client.ts'
import { type Answer, API, call, expectStatus } from './support/call.ts'
import { failingBatch, failingDatabase, failingObject } from './support/faults.ts'

const PASSWORDS = {
  owner: 'Canary-Harbour-31',
  invited: 'Canary-Lantern-64',
  proven: 'Canary-Meadow-83',
  refused: 'canary1',
}

function createWalk() {
  const { lines, messages, heard } = listening()
  const secrets: Record<string, string> = { ...PASSWORDS }
  const codes: Record<string, string> = {}
  const said: string[] = []
  return {
    lines,
    messages,
    secrets,
    codes,
    said,
    on: (fault?: Env) => ({ env: heard(fault) }),
    deliver: (email: string) => deliverAll(email, heard()),
    /** An answer that must hold no secret but those of its own. */
    keep(answer: Answer, status: number, own: readonly string[] = []): Answer {
      expectStatus(answer, status)
      const text = answer.text + shown(answer.headers)
      for (const secret of own) expect(text).toContain(secret)
      said.push(own.reduce((rest, secret) => rest.replaceAll(secret, '(given)'), text))
      return answer
    },
    /** What somebody holds from now on. */
    note(name: string, tokens: Partial<OpenSession>): void {
      const { accessToken, refreshToken, csrfToken, deviceToken, cookie } = tokens
      const texts = { accessToken, refreshToken, csrfToken, deviceToken, ...cookiesIn(cookie) }
      for (const [kind, text] of Object.entries(texts)) if (text) secrets[`${name}: ${kind}`] = text
    },
  }
}

type Walk = ReturnType<typeof createWalk>

/** Asks for a code, reads the mail, and notes everything that only its reader and the browser hold. */
async function walkSend(
  walk: Walk,
  name: string,
  email: string,
  path: 'send-otp' | 'send-signup-otp',
) {
  const { on, keep, secrets, codes, deliver } = walk
  const answer = await postSend({ email }, on(), path)
  const flowId = String(answer.data.flowId)
  keep(answer, 202, [flowId])
  await deliver(email)
  const [code, token] = [await mailedCode(email), await mailedToken(email, 'magic_link')]
  secrets[`${name}: flow`] = flowId
  secrets[`${name}: link`] = token
  codes[`${name}: code`] = code
  return { email, flowId, code, token }
}

/** A session's own tokens stand in its own answer; they are noted, and the answer is not kept. */
function walkIn(walk: Walk, name: string, answer: Answer): string {
  expectStatus(answer, 200)
  walk.note(name, { ...tokensOf(answer), cookie: cookieOf(answer) })
  return tokensOf(answer).accessToken
}

async function walkSignIns(walk: Walk, email: string): Promise<void> {
  const { on, keep } = walk
  keep(await postSend({ email: addressHere() }, on(failingBatch(0, 1).env)), 503)
  const first = await walkSend(walk, 'by code', email, 'send-otp')
  const { code, flowId, token } = first
  keep(await useCode({ email, code: otherCode(code), flowId }, on()), 400)
  keep(await useCode({ email, code }, on()), 400)
  keep(await useCode({ email, code: `${code}0`, flowId }, on()), 422)
  keep(await useCode({ email, code, flowId: [flowId] }, on()), 422)
  const deaf = failingObject('ACCOUNT_GUARD', 'useCode', 'throws')
  keep(await useCode({ email, code, flowId }, on(deaf)), 503)
  keep(await call(`${API}/auth/verify-otp?code=${code}&flowId=${flowId}`, on()), 405)
  keep(await useLink({ token }, on()), 403)
  keep(await call(`/magic-link?token=${token}`, on()), 200)
  keep(await call(`${API}/auth/verify-magic?token=${token}`, on()), 405)
  walkIn(walk, 'by code', await useCode({ email, code, flowId, tokenTransport: 'cookie' }, on()))
  keep(await useCode({ email, code, flowId }, on()), 400)
  const lost = await later(SECOND, () => walkSend(walk, 'lost', email, 'send-otp'))
  const { email: _, ...body } = lost
  keep(await useCode({ email, ...body }, on(failingDatabase())), 503)
  const next = await later(2 * SECOND, () => walkSend(walk, 'by link', email, 'send-otp'))
  keep(await useLink({ token: next.token, flowId: next.flowId }, on(failingDatabase())), 503)
  walkIn(walk, 'by link', await useLink({ token: next.token, flowId: next.flowId }, on()))
  keep(await useLink({ token: next.token, flowId: next.flowId }, on()), 400)
}

/** A signup whose address a code has proven, refused and then taken; an unknown address and an admin are in it too. */
async function walkProof(walk: Walk, email: string): Promise<void> {
  const { on, keep, secrets } = walk
  const { code, flowId } = await walkSend(walk, 'proof', email, 'send-signup-otp')
  const proof = await useCode({ email, code, flowId }, on())
  const signupToken = String(proof.data.signupToken)
  keep(proof, 200, [signupToken])
  secrets.signupToken = signupToken
  const { proven: password } = PASSWORDS
  const form = signupForm({ email, password, confirmPassword: password, signupToken })
  const key = { 'Idempotency-Key': 'canary-codes' }
  keep(await postSignup({ ...form, email: addressHere() }, on()), 400)
  keep(await postSignup(form, on(failingBatch(0, 3).env)), 503)
  keep(await postSignup(form, { ...on(), headers: key }), 201)
  keep(await postSignup(form, { ...on(), headers: key }), 201)
  keep(await postSignup({ ...signupForm(), email, signupToken }, on()), 400)
}

async function walkInvitations(
  walk: Walk,
  owner: { slug: string; accessToken: string },
  email: string,
) {
  const { on, keep, secrets, deliver } = walk
  keep(await postInvitation(owner, { email, role: 'Member' }, on(failingBatch(0, 1).env)), 503)
  keep(await postInvitation(owner, { email, role: 'Member' }, on()), 201)
  await deliver(email)
  const token = await mailedToken(email, 'invitation')
  secrets.invitation = token
  keep(await call(`/accept-invite?token=${token}`, on()), 200)
  const list = `${API}/communities/${owner.slug}/invitations`
  keep(await call(list, { ...on(), token: owner.accessToken }), 200)
  keep(await postAcceptance({ token, password: PASSWORDS.refused }, on()), 400)
  keep(await postAcceptance({ token, tokenTransport: 'smoke' }, on()), 422)
  keep(await postAcceptance({ token }, on(failingBatch(0, 2).env)), 503)
  const body = { token, password: PASSWORDS.invited, tokenTransport: 'body' }
  const accessToken = walkIn(walk, 'invited', await postAcceptance(body, on()))
  keep(await postAcceptance(body, on()), 400)
  const confirm = { ...on(), token: accessToken, body: { token } }
  keep(await call(`${API}/invitations/confirm`, confirm), 400)
}

/** The address changes, and the old mailbox takes it back. */
async function walkAddresses(walk: Walk, from: string, to: string): Promise<void> {
  const { on, keep, secrets, codes, deliver } = walk
  const { owner: password } = PASSWORDS
  const session = await openSession({ email: from, password }, { call: on() })
  walk.note('mover', session)
  const post = (path: string, body: object, fault?: Env) =>
    call(`${API}${path}`, { ...on(fault), token: session.accessToken, body })
  keep(await post('/account/email', { newEmail: to, password }), 202)
  await deliver(to)
  const code = await mailedCode(to, 'email_change_code')
  codes['new address'] = code
  keep(await post('/account/email/verify', { code: otherCode(code) }), 400)
  keep(await post('/account/email/verify', { code }), 200)
  await deliver(from)
  const token = await mailedToken(from, 'revert_email')
  secrets.undo = token
  keep(await call(`/revert-email?token=${token}`, on()), 200)
  const undo = (fault?: Env) => call(`${API}/auth/revert-email`, { ...on(fault), body: { token } })
  keep(await undo(failingBatch(0, 0).env), 503)
  const undone = keep(await undo(), 200)
  walk.note('undone', { cookie: cookieOf(undone) })
  keep(await undo(), 400)
  await deliver(from)
  secrets.resetByUndo = await mailedToken(from, 'reset_password')
}

describe('the canary search through codes, links, invitations and addresses', () => {
  it('finds no code, link, flow, proof, token, password or address where it does not belong', async () => {
    const walk = createWalk()
    const { owner: password } = PASSWORDS
    const owner = await ownerIn('active', { password, confirmPassword: password })
    const mover = await ownerIn('active', { password, confirmPassword: password })
    const [proven, invitee, moved] = [addressHere(), addressHere(), addressHere()]
    await walkSignIns(walk, owner.email)
    await walkProof(walk, proven)
    const { accessToken } = tokensOf(
      await postLogin({ email: owner.email, password, tokenTransport: 'body' }, walk.on()),
    )
    await walkInvitations(walk, { slug: owner.slug, accessToken }, invitee)
    await walkAddresses(walk, mover.email, moved)
    const addresses = [owner.email, proven, invitee, mover.email, moved]
    // One challenge waits in each guard: what is kept of a code that lives is searched as well.
    for (const [n, email] of addresses.entries()) {
      const path = email === moved ? 'send-signup-otp' : 'send-otp'
      await later(16 * MINUTE + n * SECOND, () => walkSend(walk, `left with ${n}`, email, path))
    }
    vi.restoreAllMocks()

    const { lines, messages, said, secrets, codes } = walk
    const places = {
      'the log': lines.join('\n'),
      'the database': await wholeDatabase(),
      'an answer': said.join('\n'),
      'a queue message': JSON.stringify(messages),
      'a guard': (await Promise.all(addresses.map(wholeGuard))).join('\n'),
    }
    // The search itself: what must be there is there, and nothing looked for is empty.
    expect(lines.length).toBeGreaterThan(60)
    expect(said.length).toBeGreaterThan(40)
    expect(places['the log']).toContain('"event":"database_failed"')
    expect(places['the database']).toContain(owner.form.communityName)
    expect(places['a queue message']).toContain('"type":"outbox"')
    expect(places['a guard'].match(/"digest":"[\w-]{43}"/g)?.length).toBeGreaterThanOrEqual(5)
    expect(Object.keys(secrets).length).toBeGreaterThan(40)
    expect(Object.values(secrets).filter((secret) => secret.length < 7)).toEqual([])
    expect(Object.values(codes)).toEqual(
      Object.values(codes).map(() => expect.stringMatching(/^\d{6}$/)),
    )
    const found = []
    for (const [place, text] of Object.entries(places)) {
      for (const [name, secret] of Object.entries(secrets))
        if (text.includes(secret)) found.push(`${name} in ${place}`)
      for (const [name, code] of Object.entries(codes))
        if (alone(code).test(text)) found.push(`${name} in ${place}`)
      if (place === 'the database' || place === 'an answer') continue
      for (const address of addresses)
        if (text.includes(address)) found.push(`${address} in ${place}`)
    }
    expect(found).toEqual([])
  })
})
