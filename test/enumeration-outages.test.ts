/** What fails, fails alike: an outage behind a route does not tell known addresses from unknown ones. */
import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import worker from '../src/index.ts'
import { unknownAddress } from './features/passwords/password-client.ts'
import { addressOf } from './support/addresses.ts'
import { expectAlike, type Observation } from './support/differ.ts'
import {
  failingBatch,
  failingDatabase,
  failingObject,
  failingQueue,
  lostAnswer,
} from './support/faults.ts'
import { answerOf, PUBLIC_ROUTES, type PublicRoute, play } from './support/public-routes.ts'

const ROUTES = PUBLIC_ROUTES.filter(({ before }) => before === undefined)
const KINDS = [
  'an account',
  'a signup that nobody has verified',
  'the owner of a suspended community',
]
const TWICE = 2

const onlyFor = (paths: RegExp) => ROUTES.filter(({ path }) => paths.test(path))

/** What fails, a new environment for each request, and the routes that need it. */
const OUTAGES: [name: string, workerEnv: () => Env, routes: readonly PublicRoute[]][] = [
  ['the database answers nothing', failingDatabase, ROUTES],
  ['the limiter throws', () => failingObject('RATE_LIMITER', 'hit', 'throws'), ROUTES],
  ['the write fails', () => failingBatch(1, 0).env, onlyFor(/login|signup-community/)],
  ['the write fails', () => failingBatch(0, 0).env, onlyFor(/forgot|resend|otp/)],
  ['the answer to the write is lost', () => lostAnswer(1), onlyFor(/login|signup-community/)],
  ['the answer to the write is lost', () => lostAnswer(0), onlyFor(/forgot|resend|otp/)],
  [
    'the guard gives no place',
    () => failingObject('ACCOUNT_GUARD', 'begin', 'throws'),
    onlyFor(/login/),
  ],
  [
    'the guard books nothing',
    () => failingObject('ACCOUNT_GUARD', 'settle', 'throws'),
    onlyFor(/login/),
  ],
  [
    'the guard counts no mail',
    () => failingObject('ACCOUNT_GUARD', 'countMail', 'throws'),
    onlyFor(/forgot|resend|send-/),
  ],
  [
    'the guard judges no code',
    () => failingObject('ACCOUNT_GUARD', 'useCode', 'throws'),
    onlyFor(/verify-otp/),
  ],
]

const CASES = OUTAGES.flatMap(([outage, workerEnv, routes]) =>
  routes.map((route) => ({ outage, workerEnv, route, name: route.name })),
)

describe('an outage', () => {
  it.each(CASES)('POST $name refuses every address alike where $outage', async (one) => {
    const options = { steps: TWICE, env: one.workerEnv }
    const unknown = await play(one.route, unknownAddress(), options)
    expect(unknown.map(answerOf)).toEqual(['503 unavailable', '503 unavailable'])
    for (const kind of KINDS)
      expectAlike(await play(one.route, await addressOf(kind), options), unknown)
  })

  it.each(ROUTES)('POST $name answers as ever where the queue takes nothing', async (route) => {
    const options = { steps: TWICE, env: failingQueue }
    const unknown = await play(route, unknownAddress(), options)
    expect(unknown.map(answerOf)).toEqual(route.script.slice(0, TWICE).map(([, answer]) => answer))
    for (const kind of KINDS)
      expectAlike(await play(route, await addressOf(kind), options), unknown)
  })

  it.each(ROUTES)(
    'POST $name answers as ever while the mail provider fails',
    {
      timeout: 60_000,
    },
    async (route) => {
      const unknown = await playAndDeliver(route, unknownAddress())
      expect(unknown.map(answerOf)).toEqual(
        route.script.slice(0, TWICE).map(([, answer]) => answer),
      )
      for (const kind of KINDS)
        expectAlike(await playAndDeliver(route, await addressOf(kind)), unknown)
    },
  )

  it('of the mail provider is a real one: the mail goes back to the queue', async () => {
    const [route] = onlyFor(/forgot/)
    if (!route) throw new Error('no route mails a link for a forgotten password')
    const options = { steps: 1, env: failingProvider }
    expect(await deliver(await play(route, await addressOf('an account'), options))).toBe(1)
  })
})

/** Two requests, and the mail of the first one on its way in between. */
async function playAndDeliver(route: PublicRoute, email: string): Promise<Observation[]> {
  const options = { steps: 1, env: failingProvider }
  const first = await play(route, email, options)
  await deliver(first)
  return [...first, ...(await play(route, email, options))]
}

/** Every mail is answered 500 by a real server. */
function failingProvider(): Env {
  return {
    ...env,
    MAIL_PROVIDER: 'resend',
    MAIL_API_KEY: 'a-key-of-the-tests',
    MAIL_API_URL: `${env.TEST_PROVIDER_URL}/500/enumeration`,
  }
}

/** Hands the queue's consumer what the requests have sent; gives how many messages it will be given again. */
async function deliver(observations: readonly Observation[]): Promise<number> {
  const messages = observations
    .flatMap((one) => one.messages)
    .map((body) => ({ id: crypto.randomUUID(), timestamp: new Date(), attempts: 1, body }))
  const batch = createMessageBatch('gatehouse-outbox', messages)
  const context = createExecutionContext()
  await worker.queue(batch, failingProvider(), context)
  return (await getQueueResult(batch, context)).retryMessages.length
}
