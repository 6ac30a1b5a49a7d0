/** A person with a code in the mailbox, and what is done with it. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { postLogin } from '../../factories.ts'
import type { OpenSession } from '../../session-client.ts'
import { expectStatus } from '../../support/call.ts'
import {
  askForCode,
  guardOf,
  mailedCode,
  NEW,
  otherCode,
  postChange,
  signedIn,
} from '../passwords/password-client.ts'

/** A person who is signed in and has a code in the mailbox. */
export async function withCode() {
  const person = await signedIn()
  expectStatus(await askForCode(person.session), 202)
  return { ...person, code: await mailedCode(person.email) }
}

/** The change of password is where a code is used. */
export const use = (session: { accessToken: string }, code: string, workerEnv: Env = env) =>
  postChange(session, { code, newPassword: NEW }, { env: workerEnv })

export const logIn = (email: string, password: string) => postLogin({ email, password })

export async function tryWrong(session: OpenSession, code: string, times: number): Promise<void> {
  for (let n = 1; n <= times; n++) {
    expectStatus(await use(session, otherCode(code, n)), 400, 'code_invalid')
  }
}

/** What the guard keeps of codes. */
export async function keptCodes(email: string) {
  return runInDurableObject(guardOf(email), (_, state) =>
    state.storage.sql.exec('select * from challenges').toArray(),
  )
}
