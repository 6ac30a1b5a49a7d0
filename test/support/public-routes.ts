/**
 * Every route that a stranger sends an address to, with a script of what each address is answered. A later route joins
 * with one entry; the tests of enumeration play each script to each kind of address.
 */
import { runInDurableObject } from 'cloudflare:test'
import { guardFlow } from '../../src/features/one-time-codes/flow.ts'
import { deriveCode } from '../../src/lib/tokens.ts'
import { signedUp, signupForm } from '../factories.ts'
import {
  at,
  guardOf,
  HOUR,
  keys,
  lock,
  MINUTE,
  NEW,
  postForgot,
  WRONG,
} from '../features/passwords/password-client.ts'
import { otherCode } from '../mailbox-client.ts'
import { KINDS, KINDS_NOT_LOCKED } from './addresses.ts'
import { API, call, expectStatus } from './call.ts'
import { type Observation, observe } from './differ.ts'

/** One request: minutes after the first one, and its answer as status and code. */
type Step = readonly [minute: number, answer: string]

export interface PublicRoute {
  /** Of the tests, behind POST. */
  name: string
  path: string
  body: (email: string) => object | Promise<object>
  /** Words of the body that the answer may repeat. */
  own?: (body: object) => string[]
  /** What happens to the address first. */
  before?: (email: string) => Promise<unknown>
  kinds: readonly string[]
  script: readonly Step[]
}

const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step)

const signUpByAnother = (email: string) => signedUp({ email, password: NEW, confirmPassword: NEW })

const FORGOT = {
  path: `${API}/auth/forgot-password`,
  body: (email: string) => ({ email }),
  kinds: KINDS,
  // The limit of an address is three an hour; the cap of its mailbox five a day.
  script: [...times(4, [0, '202']), ...times(3, [61, '202'])],
}

const RESEND = { ...FORGOT, path: `${API}/auth/resend-verification` }

/** Of the one browser that asks in these tests; a code of it belongs to the guard of its address. */
const FLOW = 'E'.repeat(43)

const SEND = {
  body: (email: string) => ({ email }),
  kinds: KINDS,
  // Three in fifteen minutes; the sixth of the day is answered as ever, and none is mailed.
  script: [
    ...times(3, [0, '202']),
    [0, '429 rate_limited'],
    ...times(3, [16, '202']),
    [16, '429 rate_limited'],
  ] as const,
}

const VERIFY = {
  path: `${API}/auth/verify-otp`,
  body: async (email: string) => ({ email, code: await wrongCodeOf(email), flowId: FLOW }),
  kinds: KINDS_NOT_LOCKED,
  // Five are compared, ten are counted; then the block of fifteen minutes is over, and so is the code's life.
  script: [
    ...times(10, [0, '400 code_invalid']),
    [0, '429 too_many_attempts'],
    [16, '400 code_expired'],
    [80, '400 code_invalid'],
  ] as const,
}

/** Five signups by anybody and five forgotten passwords, in the three hours before. */
async function useUpMails(email: string): Promise<void> {
  const start = Date.now() - 3 * HOUR
  for (const minute of [0, 0, 0, 61, 61]) {
    await at(start + minute * MINUTE, async () => {
      await signedUp({ email })
      expectStatus(await postForgot(email), 202)
    })
  }
}

const askFor = (path: string) => async (email: string) => {
  const headers = { Cookie: `__Host-flow=${FLOW}` }
  const answer = await call(`${API}/auth/${path}`, { body: { email }, headers })
  expectStatus(answer, 202)
  if (answer.data.flowId !== FLOW) throw new Error('the code belongs to another browser')
}

/** Whatever stood before, a signup of one's own waits now; its mail is one of the five of the day. */
const AFTER_OWN_SIGNUP = { before: signUpByAnother, script: times(4, [0, '202']) }

export const CODE_ROUTES: readonly PublicRoute[] = [
  { name: '/auth/send-otp', path: `${API}/auth/send-otp`, ...SEND },
  { name: '/auth/send-signup-otp', path: `${API}/auth/send-signup-otp`, ...SEND },
  // Nobody learns anything from a code that is not there, so nothing is counted.
  {
    name: '/auth/verify-otp',
    ...VERIFY,
    body: (email) => ({ email, code: '123456', flowId: FLOW }),
    script: times(12, [0, '400 code_invalid']),
  },
  { name: '/auth/verify-otp, wrong code to log in', ...VERIFY, before: askFor('send-otp') },
  { name: '/auth/verify-otp, wrong code to sign up', ...VERIFY, before: askFor('send-signup-otp') },
  {
    // The mails of a forgotten password go to accounts alone: what is left of the day's ten must not show.
    name: '/auth/verify-otp, login, many mails',
    ...VERIFY,
    before: async (email) => {
      await useUpMails(email)
      await askFor('send-otp')(email)
    },
    kinds: ['an account', 'a disabled account', 'a signup that nobody has verified', 'an admin'],
  },
  {
    name: '/auth/verify-otp, signup, many mails',
    ...VERIFY,
    before: async (email) => {
      await useUpMails(email)
      await askFor('send-signup-otp')(email)
    },
    kinds: ['an account', 'a disabled account', 'a signup that nobody has verified', 'an admin'],
  },
  {
    name: '/auth/verify-otp, locked',
    ...VERIFY,
    before: lock,
    body: (email) => ({ email, code: '123456', flowId: FLOW }),
    kinds: ['an account', 'a disabled account', 'a signup that nobody has verified', 'an admin'],
    script: times(2, [0, '423 account_locked']),
  },
  {
    name: '/auth/verify-otp, no browser that asked',
    ...VERIFY,
    before: askFor('send-otp'),
    body: (email) => ({ email, code: '123456' }),
    script: times(3, [0, '400 code_invalid']),
  },
]

export const PUBLIC_ROUTES: readonly PublicRoute[] = [
  {
    name: '/auth/signup-community',
    path: `${API}/auth/signup-community`,
    body: (email) => signupForm({ email }),
    own: (body) => [nameIn(body)],
    kinds: KINDS,
    // Beyond the fifth, the cap of the mailbox: 201 and no mail.
    script: times(6, [0, '201']),
  },
  {
    name: '/auth/login, wrong password',
    path: `${API}/auth/login`,
    body: (email) => ({ email, password: WRONG }),
    kinds: KINDS_NOT_LOCKED,
    script: [
      ...times(5, [0, '401 invalid_credentials']),
      [0, '429 too_many_attempts'],
      [14, '429 too_many_attempts'],
      ...times(5, [16, '401 invalid_credentials']),
      [16, '423 account_locked'],
      [24 * 60, '423 account_locked'],
    ],
  },
  {
    name: '/auth/login, password of one’s signup',
    path: `${API}/auth/login`,
    body: (email) => ({ email, password: NEW }),
    before: signUpByAnother,
    kinds: KINDS_NOT_LOCKED,
    script: times(2, [0, '403 email_not_verified']),
  },
  { name: '/auth/forgot-password', ...FORGOT },
  { name: '/auth/forgot-password, own signup', ...FORGOT, ...AFTER_OWN_SIGNUP },
  { name: '/auth/resend-verification', ...RESEND },
  { name: '/auth/resend-verification, own signup', ...RESEND, ...AFTER_OWN_SIGNUP },
  ...CODE_ROUTES,
]

/** Sends the script's first requests, all of them where `steps` is left out, by a clock that stands still in between. */
export async function play(
  route: PublicRoute,
  email: string,
  { steps = route.script.length, env }: { steps?: number; env?: () => Env } = {},
): Promise<Observation[]> {
  await route.before?.(email)
  const start = Date.now()
  const seen: Observation[] = []
  for (const [minute] of route.script.slice(0, steps)) {
    seen.push(await at(start + minute * MINUTE, () => send(route, email, env?.())))
  }
  return seen
}

/** One request of the route for this address, from an IP of its own unless one is named. */
export async function send(
  route: PublicRoute,
  email: string,
  workerEnv?: Env,
  ip?: string,
): Promise<Observation> {
  const body = await route.body(email)
  const own = [email, ...(route.own?.(body) ?? [])]
  return observe(route.path, { body, own, env: workerEnv, ip })
}

/** As a script has it: `401 invalid_credentials`. */
export function answerOf({ answer }: Observation): string {
  const { code } = answer.json
  return code === undefined ? String(answer.status) : `${answer.status} ${code}`
}

/** Six digits that are not the code which the address's guard waits for. */
async function wrongCodeOf(email: string): Promise<string> {
  const waiting = await runInDurableObject(guardOf(email), (_, { storage }) =>
    storage.sql
      .exec<{ id: string }>('SELECT id FROM challenges WHERE flow = ?', guardFlow(FLOW))
      .toArray(),
  )
  const [challenge] = waiting
  const code = challenge && deriveCode(keys, challenge.id, keys.signingVersion)
  return otherCode(code ?? '000000')
}

function nameIn(body: object): string {
  return (body as { communityName: string }).communityName.replace('Circle ', '')
}
