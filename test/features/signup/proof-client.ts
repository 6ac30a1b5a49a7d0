/** Whoever has proven a mailbox by code before the signup. */
import { signupForm } from '../../factories.ts'
import { addressHere, askForCode, mailedCode, useCode } from '../../mailbox-client.ts'
import { expectStatus } from '../../support/call.ts'

/** An address without an account, and the token that its code gave. */
export async function proven(
  email = addressHere(),
): Promise<{ email: string; signupToken: string }> {
  const { flowId } = await askForCode(email, 'signup')
  const answer = await useCode({ email, code: await mailedCode(email), flowId })
  expectStatus(answer, 200)
  return { email, signupToken: String(answer.data.signupToken) }
}

/** The form with a token and without a password. */
export function provenForm(email: string, signupToken: string) {
  const { password: _, confirmPassword: __, ...form } = signupForm({ email })
  return { ...form, signupToken }
}
