import { describe, expect, it } from 'vitest'
import { accessTokenOf, admin, communityRow, ownerIn, signedUp } from '../factories.ts'
import { addressHere, invited, ownerHere } from '../mailbox-client.ts'
import { API, call, expectStatus } from '../support/call.ts'
import { traced } from '../support/faults.ts'
import { routeList } from './route-list.ts'

const GUARDED = routeList().filter(({ steps }) => steps.includes('authenticateRequest'))

/** The same path as a careless router might read it. */
function tricks(url: string): string[] {
  const segments = url.split('/')
  const at = (index: number, change: (segment: string) => string) =>
    segments.map((segment, n) => (n === index ? change(segment) : segment)).join('/')
  const last = segments.length - 1
  return [
    `/${url}`,
    `//${url}`,
    `${url}/`,
    `${url}//`,
    `${url}/.`,
    `${url}/x/..`,
    `${url};`,
    `${url};x=1`,
    `${url}%3Bx=1`,
    `${url}%00`,
    `${url}%20`,
    `${url}%2F`,
    `${url}%2f..`,
    `${url}.json`,
    `${url}%2Ejson`,
    `${url}?`,
    `${url}#x`,
    `${url}\\`,
    url.toUpperCase(),
    url.replace('/api', '/API'),
    url.replace('/api', '/Api'),
    url.replace('/api/', '/api//'),
    url.replace('/api/', '/api/./'),
    url.replace('/api/', '/x/../api/'),
    url.replace('/api/', '/%2e%2e/api/'),
    url.replace('/api/', '/api%2F'),
    url.replace('/api/', '/api%252F'),
    url.replace('/api/', '/api%5C'),
    url.replace('/api/', '/api\\'),
    url.replace('/v1/', '/v1//'),
    url.replace('/v1/', '/v1/./'),
    url.replace('/v1/', '/V1/'),
    url.replace('/v1/', '/v1/x/%2e%2e/'),
    url.replace('/v1/', '/v1/x/%2e./'),
    url.replace('/v1/', '/v1/..;/v1/'),
    url.replace('/v1/', '/v1;a=b/'),
    url.replace('/v1/', '/v1%2F'),
    url.replace('/v1/', '/v1/%2F'),
    url.replace('/api', '/%61pi'),
    url.replace('/api', '/%2561pi'),
    url.replace('/v1', '/%E0%A4%A'),
    at(last, (segment) => segment.toUpperCase()),
    at(last, (segment) => `%${segment.charCodeAt(0).toString(16)}${segment.slice(1)}`),
    at(last, (segment) => `${segment}%0a`),
    at(last, (segment) => `${segment}\u200b`),
    at(last - 1, (segment) => `${segment}%2F`),
    at(last - 1, (segment) => `${segment};`),
  ]
}

describe('a path written in another way', () => {
  it.each(GUARDED)(
    'never gets past the guard without a session: $method $url',
    async ({ method, url }) => {
      const body = method === 'GET' ? undefined : { status: 'approved' }
      for (const path of tricks(url)) {
        const trace = traced()
        const answer = await call(path, { method, body, env: trace.env })
        expect({ path, status: answer.status }).toEqual({
          path,
          status: expect.toBeOneOf([401, 404, 405]),
        })
        expect({ path, asked: trace.steps.filter((step) => step.startsWith('d1')) }).toEqual({
          path,
          asked: [],
        })
      }
    },
  )

  it.each(GUARDED)(
    'nor does a header that names another path, method or step: $method $url',
    async ({ method, url }) => {
      const body = method === 'GET' ? undefined : { status: 'approved' }
      const names = ['X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Path', 'X-Forwarded-Prefix']
      const headers = Object.fromEntries(names.map((name) => [name, url]))
      const others = {
        'X-HTTP-Method-Override': 'OPTIONS',
        'X-HTTP-Method': 'HEAD',
        'X-Method-Override': 'GET',
        'X-Middleware-Subrequest': 'middleware:middleware:middleware:middleware:middleware',
        'X-Forwarded-Host': 'localhost',
        'X-Authenticated-User': 'admin',
      }
      const guarded = await call(url, { method, body, headers: { ...headers, ...others } })
      expectStatus(guarded, 401, 'unauthenticated')
      // What may be asked for by anybody stays what it is.
      const open = await call('/health', { headers: { ...headers, ...others } })
      expect(Object.keys(open.json)).toEqual(['status', 'timestamp'])
    },
  )

  it('never gets an owner past the guard of the admins', async () => {
    const token = await accessTokenOf(await ownerIn('active'))
    const { communityId } = await signedUp()
    for (const path of tricks(`${API}/admin/communities/${communityId}/status`)) {
      const answer = await call(path, { method: 'PATCH', body: { status: 'approved' }, token })
      expect({ path, status: answer.status }).toEqual({
        path,
        status: expect.toBeOneOf([403, 404, 405]),
      })
    }
    expect((await communityRow(communityId))?.status).toBe('pending')
  })
})

describe('a parameter in the path', () => {
  it.each([
    'platform',
    '00000000-0000-7000-8000-000000000000',
    '00000000-0000-7000-8000-00000000000%30',
    'PLATFORM',
    '%70latform',
    'nowhere',
    'a%2Fb',
    '..%2F..%2Fauth%2Fme',
    '%2e%2e',
    "x'%20or%201=1--",
    'x%00',
    '%F0%9F%9A%80',
    '%E0%A4%A',
    '%ff',
    '*',
    '%25',
    '__proto__',
    'constructor',
  ])('names a community or nothing: %s', async (community) => {
    const { token } = await admin()
    const answer = await call(`${API}/admin/communities/${community}/status`, {
      method: 'PATCH',
      body: { status: 'suspended', reason: 'Because.' },
      token,
    })
    expect({ status: answer.status, body: answer.text }).toMatchObject({ status: 404 })
  })

  it('of any length names nothing that is there', async () => {
    const { token } = await admin()
    const path = `/api/v1/admin/communities/${'x'.repeat(5000)}/status`
    const answer = await call(path, { method: 'PATCH', token, body: { status: 'approved' } })
    expectStatus(answer, 404, 'not_found')
  })
})

describe('the community of the session in a path', () => {
  it('is meant by its id and by its slug as they are, and by nothing that looks like them', async () => {
    const { accessToken: token, slug, communityId } = await ownerHere()
    const ask = async (name: string) =>
      (await call(`${API}/communities/${name}/members`, { token })).status
    for (const name of [slug, communityId]) {
      expect(await ask(name)).toBe(200)
      const first = `%${name.charCodeAt(0).toString(16)}`
      // Percent-encoding is how a path writes the same name (RFC 3986 §2.4).
      expect(await ask(`${first}${name.slice(1)}`)).toBe(200)
      for (const other of [
        name.toUpperCase(),
        `%20${name}`,
        `${name}%20`,
        `${name}%00`,
        `${name}%0a`,
        `${name}\u200b`,
        `${name};x=1`,
        `${name}.`,
        `${name},${name}`,
        `%25${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
        `${name}%2F..%2F${name}`,
        name.slice(1),
        '*',
        '%25',
        'me',
        'current',
        '__proto__',
      ]) {
        const isSame = other === name
        expect({ other, status: await ask(other) }).toEqual({ other, status: isSame ? 200 : 404 })
      }
    }
  })

  it('never gets an owner to the members or invitations of another community', async () => {
    const [owner, other] = [await ownerHere(), await ownerHere()]
    const { id } = await invited(other, addressHere())
    for (const [method, rest, body] of [
      ['DELETE', `invitations/${id}`, undefined],
      ['PATCH', `members/${other.userId}`, { role: 'Member' }],
      ['DELETE', `members/${other.userId}`, undefined],
    ] as const) {
      for (const path of [
        ...tricks(`${API}/communities/${owner.slug}/${rest}`),
        ...tricks(`${API}/communities/${other.slug}/${rest}`),
        `${API}/communities/${owner.slug}/../${other.slug}/${rest}`,
        `${API}/communities/${owner.slug}%2F..%2F${other.slug}/${rest}`,
      ]) {
        const { status } = await call(path, { method, token: owner.accessToken, body })
        expect({ path, status }).toEqual({ path, status: expect.toBeOneOf([404, 405]) })
      }
    }
    const list = await call(`${API}/communities/${other.slug}/invitations`, {
      token: other.accessToken,
    })
    expect(list.data.items).toMatchObject([{ id }])
  })
})
