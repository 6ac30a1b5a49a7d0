/** The differ itself: it sees each thing that could tell two requests apart, and only such things. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { ownerIn, PASSWORD, signupForm } from './factories.ts'
import { unknownAddress, WRONG } from './features/passwords/password-client.ts'
import { API } from './support/call.ts'
import { differences, expectAlike, type Observation, observe } from './support/differ.ts'
import { pngOf } from './support/png.ts'

const login = (email: string, password: string) =>
  observe(`${API}/auth/login`, { body: { email, password }, own: [email] })

const signup = (fields: Record<string, unknown> = {}, workerEnv?: Env) => {
  const form = signupForm(fields)
  const own = [form.communityName.replace('Circle ', '')]
  return observe(`${API}/auth/signup-community`, { body: form, own, env: workerEnv })
}

const of = (kind: string, observation: Observation) =>
  observation.did.filter((line) => line.startsWith(kind))

describe('the differ', () => {
  it('finds nothing between two requests of one kind', async () => {
    expectAlike([await signup()], [await signup()])
  })

  it('tells a right password from a wrong one: answer, headers, cookies, statements, hashes', async () => {
    const owner = await ownerIn('active')
    const found = differences(
      [await login(owner.email, PASSWORD)],
      [await login(owner.email, WRONG)],
    ).join('\n')
    for (const told of [
      'only known: status 200',
      'only unknown: status 401',
      'only unknown: header www-authenticate: Bearer',
      'only known: cookie __Host-refresh=…; ',
      'only known: body {"success":true',
      'only known: d1 round trip 2: insert into "sessions"',
      'only unknown: d1 round trip 2: insert into "hourly_counters"',
      'only known: header server-timing: d1;desc="2", do;desc="2", hash;desc="1"',
      'only unknown: header server-timing: d1;desc="2", do;desc="3", hash;desc="2"',
    ])
      expect(found).toContain(told)
  })

  it('sees which statements went in which round trip, and how much was bound', async () => {
    const { did } = await login(unknownAddress(), WRONG)
    const trips = did.filter((line) => line.startsWith('d1'))
    expect(trips.map((line) => line.slice(0, 15))).toEqual([
      'd1 round trip 1',
      'd1 round trip 1',
      'd1 round trip 2',
      'd1 round trip 2',
      'd1 round trip 2',
    ])
    for (const line of trips) expect(line).toMatch(/: (select|update|insert) .* \(\d+ bound\)$/s)
  })

  it('sees each call of a Durable Object', async () => {
    expect(of('object', await login(unknownAddress(), WRONG))).toEqual([
      'object RATE_LIMITER.hit',
      'object ACCOUNT_GUARD.begin',
      'object ACCOUNT_GUARD.settle',
    ])
  })

  it('sees each message to the queue', async () => {
    const sent = await signup()
    expect(of('queue', sent)).toEqual(['queue sendBatch of 1'])
    expect(sent.messages).toHaveLength(1)
    expect(differences([sent], [{ ...sent, did: [] }]).join()).toContain('queue sendBatch of 1')
  })

  it('sees a picture that is stored', async () => {
    const { dataUrl: communityLogo } = await pngOf(2048)
    expect(of('r2', await signup({ communityLogo }))).toEqual(['r2 put'])
    expect(of('r2', await signup())).toEqual([])
  })

  it('sees a request to somebody else', async () => {
    const BREACH_API_URL = `${env.TEST_PROVIDER_URL}/breaches/ok/differ`
    const sent = await signup({}, { ...env, BREACH_LOOKUP: 'on', BREACH_API_URL })
    expect(of('fetch', sent)).toEqual([
      expect.stringContaining(`fetch GET ${BREACH_API_URL}/range`),
    ])
    expect(of('fetch', await signup())).toEqual([])
  })

  it('says in which request of a row, and tells another order from the same', async () => {
    const one = await login(unknownAddress(), WRONG)
    const turned = { ...one, did: [...one.did].reverse() }
    expect(differences([one, turned], [one, one])).toEqual([
      expect.stringMatching(/^request 2, in another order: /),
    ])
    expect(differences([one], [one, one])[0]).toBe('request 2, only unknown: status 401')
  })

  it('listens to every binding that a worker has', () => {
    const bindings = Object.entries(env).filter(([, value]) => typeof value === 'object')
    const ours = bindings.map(([name]) => name).filter((name) => !name.startsWith('__VITEST'))
    expect(ours.sort()).toEqual([
      'ACCOUNT_GUARD',
      'ARCHIVE',
      'ASSETS',
      'DB',
      'LOGOS',
      'OUTBOX_QUEUE',
      'RATE_LIMITER',
      'TEST_MIGRATIONS',
    ])
  })
})
