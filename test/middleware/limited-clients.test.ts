/** Whom a limit counts as one client. */
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { at } from '../features/passwords/password-client.ts'
import { API, type CallOptions, call, freshIp } from '../support/call.ts'
import { race, tally } from '../support/race.ts'

/** The cheapest request that counts: it is refused for its body. */
const ask = (options: CallOptions, workerEnv: Env = env) =>
  call(`${API}/auth/verify-reset-token`, { ...options, body: {}, env: workerEnv })

const allowing = (limit: number): Env => ({ ...env, GENERAL_LIMIT_PER_MINUTE: String(limit) })

/** Statuses of these clients in turn, at one moment, where two requests of a client are allowed. */
const statusesOf = (clients: CallOptions[]) =>
  at(Date.now(), async () => {
    const two = allowing(2)
    const statuses: number[] = []
    for (const client of clients) statuses.push((await ask(client, two)).status)
    return statuses
  })

const from = (ip: string | null, headers: Record<string, string> = {}) => ({ ip, headers })

describe('a limited client', () => {
  describe('is one', () => {
    it('with two thousand addresses of one /64 at once; a neighbour is another', async () => {
      const ten = allowing(10)
      await at(Date.now(), async () => {
        const answers = await race(2000, (n) =>
          ask({ ip: `2001:db8:77:1:${(n * 31).toString(16)}::${n.toString(16)}` }, ten),
        )
        expect(tally(answers)).toEqual({ '422 validation_failed': 10, '429 rate_limited': 1990 })
        expect((await ask({ ip: '2001:db8:77:2::1' }, ten)).status).toBe(422)
      })
    })

    it('however its address is spelled', async () => {
      const spellings = [
        '2001:db8:0:78::a',
        '2001:DB8::78:0:0:0:A',
        '2001:0db8:0000:0078:0000:0000:0000:000a',
        '2001:db8:0:78:0:0:0.0.0.10',
        '2001:db8:0:78::b',
      ]
      const statuses = await statusesOf(spellings.map((ip) => from(ip)))
      expect(statuses).toEqual([422, 422, 429, 429, 429])
      const mapped = ['203.0.113.78', '::ffff:203.0.113.78', '::FFFF:cb00:714e']
      expect(await statusesOf(mapped.map((ip) => from(ip)))).toEqual([422, 422, 429])
    })

    it('whatever other headers say of its address', async () => {
      const ip = freshIp()
      const others = [
        'X-Forwarded-For',
        'X-Real-IP',
        'True-Client-IP',
        'X-Client-IP',
        'X-Cluster-Client-IP',
        'CF-Connecting-IPv6',
        'CF-Pseudo-IPv4',
        'Fastly-Client-IP',
        'Forwarded',
      ].map((name) => {
        const other = freshIp()
        return from(ip, { [name]: name === 'Forwarded' ? `for=${other}` : other })
      })
      const statuses = await statusesOf([from(ip), from(ip), ...others])
      expect(statuses).toEqual([422, 422, ...others.map(() => 429)])
    })

    it('with all who have no address that can be read, limited and never unlimited', async () => {
      const nobodies = [null, '', 'unknown', '1.2.3', '1.2.3.4, 5.6.7.8', '::g', '[::1]']
      const statuses = await statusesOf([
        ...nobodies.map((ip) => from(ip)),
        from(null, { 'X-Forwarded-For': freshIp() }),
      ])
      expect(statuses).toEqual([422, 422, 429, 429, 429, 429, 429, 429])
    })
  })

  it('is not one with whom another header names: nobody uses up the requests of others', async () => {
    const victim = freshIp()
    const statuses = await statusesOf([
      ...[0, 1, 2].map(() => from(freshIp(), { 'X-Forwarded-For': victim })),
      from(victim),
    ])
    expect(statuses).toEqual([422, 422, 422, 422])
  })
})
