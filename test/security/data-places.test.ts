/** Where sensitive values may travel and rest: never in an address, never in a cache, never kept by a browser. */
import { describe, expect, it } from 'vitest'
import { admin, ownerIn } from '../factories.ts'
import { expectSafeHeaders } from '../http/expect-answer.ts'
import { openApiDocument } from '../http/open-api-document.ts'
import { routeList } from '../http/route-list.ts'
import { openSession } from '../session-client.ts'
import { API, call } from '../support/call.ts'
import { codeOf, SOURCES } from './read-sources.ts'

describe('an address', () => {
  it('takes no token, code, password or mailbox: one route of admins alone has such a query', async () => {
    const { paths } = await openApiDocument()
    const found: string[] = []
    let parameters = 0
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        for (const { in: place, name } of operation.parameters ?? []) {
          parameters += 1
          if (place !== 'query' && place !== 'path') continue
          if (!/token|code|pass|secret|mail|key|otp|session/i.test(name)) continue
          found.push(`${method} ${path} ${name}`)
        }
      }
    }
    expect(parameters).toBeGreaterThan(5)
    // A declared deviation; request lines of the log hold no query.
    expect(found).toEqual(['get /api/v1/admin/users email'])
  })

  it('with a token is made for mailed links alone, and no handler reads a query past its validator', () => {
    const readers = Object.keys(SOURCES).filter((path) =>
      /c\.req\.(?:query|queries)\(|searchParams/.test(codeOf(path)),
    )
    expect(readers).toEqual(['mail/compose-secrets.ts'])
  })
})

describe('a cache', () => {
  it('is none of ours: no source keeps an answer for later requests', () => {
    const users = Object.keys(SOURCES).filter((path) =>
      /\bcaches\.|hono\/cache|cacheTtl|cacheEverything|KVNamespace/.test(codeOf(path)),
    )
    expect(users).toEqual([])
  })

  it('in between keeps nothing of a person: every answer to a signed-in one says no-store', async () => {
    const session = await openSession(await ownerIn('active'), { transport: 'cookie' })
    const { token } = await admin()
    const readable = routeList().filter(
      ({ method, url }) => method === 'GET' && url.startsWith(API),
    )
    expect(readable.length).toBeGreaterThan(3)
    for (const { url } of readable) {
      const ways: Record<string, string>[] = [
        { Cookie: session.cookie },
        { Authorization: `Bearer ${token}` },
      ]
      for (const headers of ways) {
        const answer = await call(url, { headers })
        expectSafeHeaders(answer)
        const { status } = answer
        expect({ url, status, cache: answer.headers.get('Cache-Control') }).toEqual({
          url,
          status,
          cache: 'no-store',
        })
        expect(answer.headers.get('Vary')).toContain('Origin')
      }
    }
  })

  it.each([
    'x.css',
    'x.js',
    'x.png',
    '%2Fx.css',
    ';x.css',
    '/x.css',
    '/..%2Fx.js',
    '%00.js',
    '%3Fx.css',
  ])('is not deceived by an ending: /auth/me and %s', async (ending) => {
    const { accessToken } = await openSession(await ownerIn('active'))
    const join = /^[%;/]/.test(ending) ? '' : '/'
    const answer = await call(`${API}/auth/me${join}${ending}`, { token: accessToken })
    expect({ status: answer.status, data: answer.json.data }).toEqual({ status: 404 })
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
  })
})
