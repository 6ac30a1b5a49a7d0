/** A link that opens nothing tells nothing: not whether it was ever mailed, to whom, or what has become of it. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { oneTimeTokens, users } from '../src/db/schema/index.ts'
import { toBase64Url } from '../src/lib/encoding.ts'
import { hashSecret } from '../src/lib/tokens.ts'
import { db, linkTokenOf, ownerIn, PASSWORD, postVerification, signedUp } from './factories.ts'
import { at, HOUR, NEW, postForgot, postReset } from './features/passwords/password-client.ts'
import { bodyOf, openApiDocument } from './http/open-api-document.ts'
import { mailedToken, openSession } from './session-client.ts'
import { API, call, expectStatus } from './support/call.ts'
import { expectAlike, type Observation, observe } from './support/differ.ts'
import { answerOf } from './support/public-routes.ts'

type MakeToken = () => Promise<string>

const neverMade: MakeToken = async () => toBase64Url(crypto.getRandomValues(new Uint8Array(32)))

/** Of an account that was told of a login on a new device. */
async function notMeToken(): Promise<string> {
  const owner = await ownerIn('active')
  await openSession(owner)
  await openSession(owner)
  return mailedToken(owner.email, 'not_me')
}

async function resetToken(): Promise<string> {
  const { email } = await ownerIn('active')
  await postForgot(email)
  return mailedToken(email, 'reset_password')
}

const verifyToken: MakeToken = async () => linkTokenOf((await signedUp()).communityId)

/** Once its row has been cleared away. */
const purged =
  (make: MakeToken): MakeToken =>
  async () => {
    const token = await make()
    await db.delete(oneTimeTokens).where(eq(oneTimeTokens.tokenHash, hashSecret(token)))
    return token
  }

async function replacedVerifyToken(): Promise<string> {
  const { communityId, email } = await signedUp()
  const token = await linkTokenOf(communityId)
  expectStatus(await call(`${API}/auth/resend-verification`, { body: { email } }), 202)
  return token
}

async function replacedResetToken(): Promise<string> {
  const { email } = await ownerIn('active')
  await postForgot(email)
  const token = await mailedToken(email, 'reset_password')
  expectStatus(await postForgot(email), 202)
  return token
}

/** Of an account that has another address by now. */
async function resetTokenOfAnOldAddress(): Promise<string> {
  const { email } = await ownerIn('active')
  await postForgot(email)
  const token = await mailedToken(email, 'reset_password')
  await db
    .update(users)
    .set({ email: `moved.${email}` })
    .where(eq(users.email, email))
  return token
}

async function usedResetToken(): Promise<string> {
  const token = await resetToken()
  expectStatus(await postReset({ token, password: NEW }), 200)
  return token
}

async function expiredResetToken(): Promise<string> {
  return at(Date.now() - 2 * HOUR, resetToken)
}

const WITH_PASSWORD = (token: string) => ({ token, password: PASSWORD })
const ALONE = (token: string) => ({ token })

/** What must look like a token that was never made, by route. */
const LINKS: readonly [
  path: string,
  body: (token: string) => object,
  answer: string,
  tokens: Record<string, MakeToken>,
][] = [
  [
    '/auth/verify-email',
    ALONE,
    '400 token_invalid',
    {
      'one that a newer link has replaced': replacedVerifyToken,
      'one whose row is gone': purged(verifyToken),
      'one that resets a password': resetToken,
      'one that denies a login': notMeToken,
    },
  ],
  [
    '/auth/verify-reset-token',
    ALONE,
    '200',
    {
      'one that a newer link has replaced': replacedResetToken,
      'one whose row is gone': purged(resetToken),
      'one of an address that its account has left': resetTokenOfAnOldAddress,
      'one that was used': usedResetToken,
      'one whose time is over': expiredResetToken,
      'one that proves a mailbox': verifyToken,
      'one that denies a login': notMeToken,
    },
  ],
  [
    '/auth/reset-password',
    WITH_PASSWORD,
    '400 token_invalid',
    {
      'one that a newer link has replaced': replacedResetToken,
      'one whose row is gone': purged(resetToken),
      'one of an address that its account has left': resetTokenOfAnOldAddress,
      'one that proves a mailbox': verifyToken,
      'one that denies a login': notMeToken,
    },
  ],
  [
    '/auth/not-me',
    ALONE,
    '400 token_invalid',
    {
      'one whose row is gone': purged(notMeToken),
      'one that resets a password': resetToken,
      'one that proves a mailbox': verifyToken,
    },
  ],
]

describe.each(LINKS)('POST %s', (path, body, answer, tokens) => {
  const post = (token: string): Promise<Observation> =>
    observe(`${API}${path}`, { body: body(token) })

  it('says of a token that was never made only that it opens nothing', async () => {
    const unknown = await post(await neverMade())
    expect(answerOf(unknown)).toBe(answer)
    expect(unknown.answer.data.valid ?? false).toBe(false)
    expect(unknown.seen.join()).not.toMatch(/hash;|cookie/)
  })

  it.each(Object.keys(tokens))('treats %s as one that was never made', async (kind) => {
    const token = await tokens[kind]?.()
    const [known, unknown] = await at(Date.now(), async () => [
      await post(String(token)),
      await post(await neverMade()),
    ])
    expectAlike([known], [unknown])
  })

  it('treats a text that is no token at all as one that was never made', async () => {
    const [short, unknown] = await at(Date.now(), async () => [
      await post('x'),
      await post(await neverMade()),
    ])
    expectAlike([short], [unknown])
  })

  it('looks nothing up for an empty text', async () => {
    for (const token of ['', ' ', '\t\n']) {
      const refused = await post(token)
      expect(answerOf(refused)).toBe('422 validation_failed')
      expect(refused.did).toEqual(['object RATE_LIMITER.hit'])
    }
  })
})

describe('a link that is told to be used', () => {
  it('is told so only to one who holds it: its neighbour is invalid', async () => {
    const { communityId } = await signedUp()
    const token = await linkTokenOf(communityId)
    expectStatus(await postVerification(token), 200)
    expectStatus(await postVerification(token), 400, 'token_used')
    const neighbour = `${token[0] === 'A' ? 'B' : 'A'}${token.slice(1)}`
    const [known, unknown] = await at(Date.now(), async () => [
      await observe(`${API}/auth/verify-email`, { body: { token: neighbour } }),
      await observe(`${API}/auth/verify-email`, { body: { token: await neverMade() } }),
    ])
    expect(answerOf(known)).toBe('400 token_invalid')
    expectAlike([known], [unknown])
  })
})

describe('the table of these tests', () => {
  it('has every route that a stranger sends a mailed token to', async () => {
    const { paths } = await openApiDocument()
    const open = Object.entries(paths).filter(([, { post }]) => post && !post.security)
    const asked = open.filter(([, { post }]) => bodyOf(post)?.properties?.token !== undefined)
    expect(asked.map(([path]) => path).sort()).toEqual(
      LINKS.map(([path]) => `${API}${path}`).sort(),
    )
  })
})
