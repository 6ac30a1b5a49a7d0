/** What a server shows by accident: its files, its folders, its version, its answer to TRACE. Here there is none of it. */
import { describe, expect, it } from 'vitest'
import { admin } from '../factories.ts'
import { expectEnvelope } from '../http/expect-answer.ts'
import { routeList } from '../http/route-list.ts'
import { API, call } from '../support/call.ts'

const ROUTES = routeList()
const PATHS = [...new Set(ROUTES.map(({ url }) => url))]

describe('a file or folder of the project', () => {
  it.each([
    '/.git/config',
    '/.git/HEAD',
    '/.gitignore',
    '/.dev.vars',
    '/.env',
    '/wrangler.toml',
    '/package.json',
    '/package-lock.json',
    '/src/index.ts',
    '/index.js.map',
    '/node_modules/',
    '/migrations/',
    '/docs/operations.md',
    '/logos/',
    '/logos',
    '/metrics',
    '/debug',
    '/server-status',
  ])('%s is not there', async (path) => {
    expectEnvelope(await call(path), 'not_found')
    expectEnvelope(await call(`${API}${path}`), 'not_found')
  })
})

describe('TRACE', () => {
  it('is refused everywhere and repeats nothing of the request', async () => {
    for (const path of PATHS) {
      const headers = { 'X-Canary': 'canary-header', Cookie: '__Host-access=canary-cookie' }
      const answer = await call(path, { method: 'TRACE', headers })
      expectEnvelope(answer, 'method_not_allowed')
      expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('canary')
    }
    expectEnvelope(await call('/nowhere', { method: 'TRACE' }), 'not_found')
  })
})

describe('an answer', () => {
  it('names no product and no version of what made it', async () => {
    const { token } = await admin()
    for (const { method, url } of ROUTES) {
      const { headers } = await call(url, { method, token })
      for (const name of ['Server', 'X-Powered-By', 'Via', 'X-AspNet-Version', 'X-Runtime']) {
        expect({ url, [name]: headers.get(name) }).toEqual({ url, [name]: null })
      }
      expect(JSON.stringify([...headers])).not.toMatch(/hono|wrangler|workerd|miniflare/i)
    }
  })
})
