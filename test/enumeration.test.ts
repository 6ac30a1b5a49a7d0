/** Nobody learns whether an address is known: each route against each kind of address, answer and work compared. */
import { beforeAll, describe, expect, it } from 'vitest'
import { POLICIES } from '../src/middleware/rate-limit-policies.ts'
import { unknownAddress } from './features/passwords/password-client.ts'
import { bodyOf, openApiDocument } from './http/open-api-document.ts'
import { addressOf } from './support/addresses.ts'
import { expectAlike, type Observation } from './support/differ.ts'
import { answerOf, PUBLIC_ROUTES, play } from './support/public-routes.ts'

describe.each(PUBLIC_ROUTES)('POST $name', (route) => {
  let unknown: Observation[]

  beforeAll(async () => {
    unknown = await play(route, unknownAddress())
  })

  it('answers an unknown address as the contract says, and works for it', () => {
    expect(unknown.map(answerOf)).toEqual(route.script.map(([, answer]) => answer))
    expect(unknown[0]?.did.filter((line) => line.startsWith('d1'))).not.toEqual([])
  })

  it('tells of limits by IP only, never of one by address', () => {
    const byIp = Object.entries(POLICIES).filter(([, { by }]) => by === 'ip')
    const told = unknown.flatMap(({ answer }) =>
      ['RateLimit', 'RateLimit-Policy'].flatMap((field) => answer.headers.get(field) ?? []),
    )
    const named = told.flatMap((value) => Array.from(value.matchAll(/"([^"]+)"/g), ([, n]) => n))
    expect(told).toHaveLength(2 * unknown.length)
    expect(byIp.map(([name]) => name)).toEqual(expect.arrayContaining(named))
  })

  it.each(route.kinds)('treats %s as it treats an address that nobody has', async (kind) => {
    const email = await addressOf(kind)
    expectAlike(await play(route, email), unknown)
  })
})

describe('the table of these tests', () => {
  it('has every route that a stranger sends an address to', async () => {
    const { paths } = await openApiDocument()
    const open = Object.entries(paths).filter(([, { post }]) => post && !post.security)
    const asked = open.filter(([, { post }]) => bodyOf(post)?.properties?.email !== undefined)
    const tested = new Set(PUBLIC_ROUTES.map(({ path }) => path))
    expect(asked.map(([path]) => path).sort()).toEqual([...tested].sort())
  })
})
