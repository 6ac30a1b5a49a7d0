/** Mailed tokens in every state, each of people of its own: what opens nothing must look like one that was never made. */
import { eq } from 'drizzle-orm'
import { communities, oneTimeTokens, users } from '../../src/db/schema/index.ts'
import { toBase64Url } from '../../src/lib/encoding.ts'
import { hashSecret } from '../../src/lib/tokens.ts'
import { db, linkTokenOf, ownerIn, PASSWORD, signedUp } from '../factories.ts'
import { at, HOUR, NEW, postForgot, postReset } from '../features/passwords/password-client.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  ownerHere,
  useCode,
} from '../mailbox-client.ts'
import { mailedToken, openSession } from '../session-client.ts'
import { API, call, expectStatus } from './call.ts'

export type MakeToken = () => Promise<string>

export const neverMade: MakeToken = async () =>
  toBase64Url(crypto.getRandomValues(new Uint8Array(32)))

/** Of an account that was told of a login on a new device. */
export async function notMeToken(): Promise<string> {
  const owner = await ownerIn('active')
  await openSession(owner)
  await openSession(owner)
  return mailedToken(owner.email, 'not_me')
}

export async function resetToken(): Promise<string> {
  const { email } = await ownerIn('active')
  await postForgot(email)
  return mailedToken(email, 'reset_password')
}

export const verifyToken: MakeToken = async () => linkTokenOf((await signedUp()).communityId)

/** Once its row has been cleared away. */
export const purged =
  (make: MakeToken): MakeToken =>
  async () => {
    const token = await make()
    await db.delete(oneTimeTokens).where(eq(oneTimeTokens.tokenHash, hashSecret(token)))
    return token
  }

export async function replacedVerifyToken(): Promise<string> {
  const { communityId, email } = await signedUp()
  const token = await linkTokenOf(communityId)
  expectStatus(await call(`${API}/auth/resend-verification`, { body: { email } }), 202)
  return token
}

export async function replacedResetToken(): Promise<string> {
  const { email } = await ownerIn('active')
  await postForgot(email)
  const token = await mailedToken(email, 'reset_password')
  expectStatus(await postForgot(email), 202)
  return token
}

/** Of an account that has another address by now. */
export async function resetTokenOfAnOldAddress(): Promise<string> {
  const { email } = await ownerIn('active')
  await postForgot(email)
  const token = await mailedToken(email, 'reset_password')
  await db
    .update(users)
    .set({ email: `moved.${email}` })
    .where(eq(users.email, email))
  return token
}

export async function usedResetToken(): Promise<string> {
  const token = await resetToken()
  expectStatus(await postReset({ token, password: NEW }), 200)
  return token
}

export async function expiredResetToken(): Promise<string> {
  return at(Date.now() - 2 * HOUR, resetToken)
}

export async function magicToken(): Promise<string> {
  const { email } = await ownerIn('active')
  await askForCode(email)
  return mailedToken(email, 'magic_link')
}

export async function invitationToken(): Promise<string> {
  return (await invited(await ownerHere(), addressHere())).token
}

/** A signed-in person whose address moves on from `from`; gives the token that takes it back. */
export async function moveAddress(owner: { email: string; accessToken: string }): Promise<string> {
  const [newEmail, token] = [addressHere(), owner.accessToken]
  const body = { newEmail, password: PASSWORD }
  expectStatus(await call(`${API}/account/email`, { body, token }), 202)
  const code = await mailedCode(newEmail, 'email_change_code')
  expectStatus(await call(`${API}/account/email/verify`, { body: { code }, token }), 200)
  const undo = await mailedToken(owner.email, 'revert_email')
  owner.email = newEmail
  return undo
}

export const undoToken: MakeToken = async () => moveAddress(await ownerHere())

/** Of the second change, once the first is undone. */
export async function undoOfALaterChange(): Promise<string> {
  const owner = await ownerHere()
  const first = await moveAddress(owner)
  const second = await moveAddress(owner)
  expectStatus(await call(`${API}/auth/revert-email`, { body: { token: first } }), 200)
  return second
}

export async function signupToken(): Promise<string> {
  const email = addressHere()
  const { flowId } = await askForCode(email, 'signup')
  const { data } = await useCode({ email, code: await mailedCode(email), flowId })
  return String(data.signupToken)
}

/** Of a community that is no more. */
export async function invitationOfNobody(): Promise<string> {
  const owner = await ownerHere()
  const { token } = await invited(owner, addressHere())
  await db.update(communities).set({ isDeleted: true }).where(eq(communities.id, owner.communityId))
  return token
}

/** Of an account that a change of its address has taken the older links from. */
export async function magicTokenOfAnOldAddress(): Promise<string> {
  const owner = await ownerHere()
  await askForCode(owner.email)
  const token = await mailedToken(owner.email, 'magic_link')
  await moveAddress(owner)
  return token
}
