/** A link that opens nothing tells nothing: not whether it was ever mailed, to whom, or what has become of it. */
import { describe, expect, it } from 'vitest'
import { linkTokenOf, PASSWORD, postVerification, signedUp, signupForm } from './factories.ts'
import { at } from './features/passwords/password-client.ts'
import { bodyOf, openApiDocument } from './http/open-api-document.ts'
import { addressHere, invited, ownerHere, postAcceptance } from './mailbox-client.ts'
import { addressOf, KINDS } from './support/addresses.ts'
import { API, call, expectStatus } from './support/call.ts'
import { expectAlike, type Observation, observe } from './support/differ.ts'
import {
  expiredResetToken,
  invitationOfNobody,
  invitationToken,
  type MakeToken,
  magicToken,
  magicTokenOfAnOldAddress,
  neverMade,
  notMeToken,
  purged,
  replacedResetToken,
  replacedVerifyToken,
  resetToken,
  resetTokenOfAnOldAddress,
  signupToken,
  undoOfALaterChange,
  undoToken,
  usedResetToken,
  verifyToken,
} from './support/mailed-tokens.ts'
import { answerOf } from './support/public-routes.ts'

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
      'one that signs in': magicToken,
      'one that invites': invitationToken,
      'one that takes an address back': undoToken,
      'one that stands for a proven address': signupToken,
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
  [
    '/auth/verify-magic',
    ALONE,
    '400 token_invalid',
    {
      'one whose row is gone': purged(magicToken),
      'one of an address that its account has left': magicTokenOfAnOldAddress,
      'one that resets a password': resetToken,
      'one that proves a mailbox': verifyToken,
      'one that invites': invitationToken,
      'one that takes an address back': undoToken,
      'one that stands for a proven address': signupToken,
    },
  ],
  [
    '/auth/accept-invite',
    WITH_PASSWORD,
    '400 token_invalid',
    {
      'one whose row is gone': purged(invitationToken),
      'one of a community that is no more': invitationOfNobody,
      'one that signs in': magicToken,
      'one that resets a password': resetToken,
      'one that proves a mailbox': verifyToken,
      'one that takes an address back': undoToken,
      'one that stands for a proven address': signupToken,
    },
  ],
  [
    '/auth/revert-email',
    ALONE,
    '400 token_invalid',
    {
      'one whose row is gone': purged(undoToken),
      'one that the undo of an earlier change has ended': undoOfALaterChange,
      'one that signs in': magicToken,
      'one that resets a password': resetToken,
      'one that proves a mailbox': verifyToken,
      'one that invites': invitationToken,
      'one that stands for a proven address': signupToken,
    },
  ],
]

describe('the table of these tests', () => {
  it('has every route that a stranger sends a mailed token to', async () => {
    const { paths } = await openApiDocument()
    const open = Object.entries(paths).filter(([, { post }]) => post?.security.length === 0)
    const asked = open.filter(([, { post }]) => bodyOf(post)?.properties?.token !== undefined)
    expect(asked.map(([path]) => path).sort()).toEqual(
      LINKS.map(([path]) => `${API}${path}`).sort(),
    )
  })
})

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

describe('an invitation', () => {
  const answerTo = async (post: () => ReturnType<typeof call>) => {
    const { status, json } = await post()
    return `${status} ${json.code}`
  }

  it('that was taken back is told from one that was never made only to one who holds it', async () => {
    const owner = await ownerHere()
    const { id, token } = await invited(owner, addressHere())
    const path = `${API}/communities/${owner.slug}/invitations/${id}`
    expectStatus(await call(path, { method: 'DELETE', token: owner.accessToken }), 200)
    const [withdrawn, never] = [
      await postAcceptance({ token }),
      await postAcceptance({ token: await neverMade() }),
    ]
    expect([withdrawn.json.code, never.json.code]).toEqual(['token_invalid', 'token_invalid'])
    expect(withdrawn.json.message).not.toBe(never.json.message)
    const neighbour = `${token[0] === 'A' ? 'B' : 'A'}${token.slice(1)}`
    expect((await postAcceptance({ token: neighbour })).json.message).toBe(never.json.message)
  })

  it('says nothing of another one to somebody who is signed in', async () => {
    const stranger = await ownerHere()
    const confirm = (token: string) =>
      observe(`${API}/invitations/confirm`, { body: { token }, token: stranger.accessToken })
    const others = { magicToken, undoToken, invitationOfNobody, purged: purged(invitationToken) }
    for (const [name, make] of Object.entries(others)) {
      const token = await make()
      const [known, unknown] = await at(Date.now(), async () => [
        await confirm(token),
        await confirm(await neverMade()),
      ])
      expect(answerOf(unknown), name).toBe('400 token_invalid')
      expectAlike([known], [unknown])
    }
    const token = await invitationToken()
    const body = { token }
    expect(
      await answerTo(() =>
        call(`${API}/invitations/confirm`, { body, token: stranger.accessToken }),
      ),
    ).toBe('403 invite_user_mismatch')
  })
})

describe('a signup token that opens nothing', () => {
  const signUp = (email: string, token: string) => {
    const form = signupForm({ email, signupToken: token })
    const own = [email, form.communityName.replace('Circle ', '')]
    return observe(`${API}/auth/signup-community`, { body: form, own })
  }

  it.each(KINDS)('is refused alike for %s and for an address that nobody has', async (kind) => {
    const [email, foreign] = [await addressOf(kind), await signupToken()]
    const [never, others, unknown] = await at(Date.now(), async () => [
      await signUp(email, await neverMade()),
      await signUp(email, foreign),
      await signUp(addressHere(), await neverMade()),
    ])
    expect(answerOf(unknown)).toBe('400 token_invalid')
    expectAlike([never], [unknown])
    expectAlike([others], [unknown])
  })
})
