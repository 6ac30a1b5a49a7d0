/**
 * Every route that a stranger sends an address to, with a script of what each address is answered. A later route joins
 * with one entry; the tests of enumeration play each script to each kind of address.
 */
import { signedUp, signupForm } from '../factories.ts'
import { at, MINUTE, NEW, WRONG } from '../features/passwords/password-client.ts'
import { KINDS, KINDS_NOT_LOCKED } from './addresses.ts'
import { API } from './call.ts'
import { type Observation, observe } from './differ.ts'

/** One request: minutes after the first one, and its answer as status and code. */
type Step = readonly [minute: number, answer: string]

export interface PublicRoute {
  /** Of the tests, behind POST. */
  name: string
  path: string
  body: (email: string) => object
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

/** Whatever stood before, a signup of one's own waits now; its mail is one of the five of the day. */
const AFTER_OWN_SIGNUP = { before: signUpByAnother, script: times(4, [0, '202']) }

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
export function send(
  route: PublicRoute,
  email: string,
  workerEnv?: Env,
  ip?: string,
): Promise<Observation> {
  const body = route.body(email)
  const own = [email, ...(route.own?.(body) ?? [])]
  return observe(route.path, { body, own, env: workerEnv, ip })
}

/** As a script has it: `401 invalid_credentials`. */
export function answerOf({ answer }: Observation): string {
  const { code } = answer.json
  return code === undefined ? String(answer.status) : `${answer.status} ${code}`
}

function nameIn(body: object): string {
  return (body as { communityName: string }).communityName.replace('Circle ', '')
}
