/**
 * `npm run bench`: what a password hash and a login cost on this machine. Local workerd with a local database is not
 * the edge: compare the numbers with those of another day, not with production.
 */
import { availableParallelism, cpus } from 'node:os'
import initializeArgon2 from '@phi-ag/argon2/node'
import * as z from 'zod'
import { createPasswords } from '../src/lib/passwords.ts'
import { withFreshServer } from './fresh-server.ts'
import { percentile } from './percentile.ts'
import { createClient } from './smoke/client.ts'

const HASHES = 100
const LOGINS = 60
/** Runs that warm up what is compiled at first use, and are not counted. */
const WARM_UP = 5

const loggedIn = z.object({ data: z.object({ deviceToken: z.string() }) })

console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores`)
await benchHash()
await withFreshServer(['--var', 'LOGIN_LIMIT_PER_MINUTE:100000'], ({ origin, admin }) =>
  benchLogin(origin, admin),
)

async function benchHash(): Promise<void> {
  const argon2 = await initializeArgon2()
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const passwords = createPasswords({
    argon2: () => Promise.resolve(argon2),
    peppers: [{ version: 1, secret }],
  })
  report('hash, in Node', await time(HASHES, () => passwords.hash('correct horse battery staple')))
}

/** One after the other, from one device: the time of a login, not how many the Worker bears at once. */
async function benchLogin(origin: string, admin: { email: string; password: string }) {
  const client = createClient(origin)
  const path = '/api/v1/auth/login'
  const body = { ...admin, tokenTransport: 'body' }
  const first = loggedIn.parse((await client.expect(200, 'POST', path, { body })).json)
  const { deviceToken } = first.data
  const hashes: number[] = []
  const logins = await time(LOGINS, async () => {
    const { headers } = await client.expect(200, 'POST', path, { body: { ...body, deviceToken } })
    hashes.push(Number(/hash;[^,]*dur=([\d.]+)/.exec(headers.get('Server-Timing') ?? '')?.[1]))
  })
  report('hash, in workerd', hashes.slice(WARM_UP))
  report('login over HTTP', logins)
}

/** Milliseconds of each run that counts. */
async function time(runs: number, run: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let at = 0; at < runs + WARM_UP; at++) {
    const started = performance.now()
    await run()
    times.push(performance.now() - started)
  }
  return times.slice(WARM_UP)
}

function report(name: string, times: readonly number[]): void {
  const of = (percent: number) => `p${percent} ${percentile(times, percent).toFixed(1)} ms`
  console.log(`${name.padEnd(18)} ${of(50)}   ${of(95)}   of ${times.length} runs`)
}
