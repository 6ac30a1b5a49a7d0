import { beforeAll, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../src/http/error-codes.ts'
import { IMAGE_TYPES } from '../../src/lib/image.ts'
import { en } from '../../src/messages/en.ts'
import {
  accessTokenOf,
  admin,
  linkTokenOf,
  ownerIn,
  PASSWORD,
  postLogin,
  postSignup,
  postVerification,
  signedUp,
  signupForm,
  unique,
  verified,
} from '../factories.ts'
import { addressHere } from '../mailbox-client.ts'
import { type Answer, API, call, expectStatus } from '../support/call.ts'
import { failingDatabase } from '../support/faults.ts'
import { mismatchesOf } from './json-schema.ts'
import {
  bodyOf,
  type Document,
  documented,
  type Operation,
  openApiDocument,
  walk,
} from './open-api-document.ts'
import { routeList, takesBody } from './route-list.ts'
import { send, workingCall } from './working-calls.ts'
import { codeFor, linkFor } from './working-mail-calls.ts'

let document: Document
beforeAll(async () => {
  document = await openApiDocument()
})

const ROUTES = routeList()
const DESCRIBED = ROUTES.filter(({ steps }) => steps.includes('describeRoute'))
const API_ROUTES = ROUTES.filter(({ path }) => path.startsWith(API))
/** Answered without the envelope. */
const isPicture = (method: string, path: string) =>
  `${method} ${path}` === `GET ${API}/communities/:community/logo`
const operation = (method: string, path: string): Operation => {
  const found = document.paths[documented(path)]?.[method.toLowerCase()]
  if (!found) throw new Error(`${method} ${path} is not in the document`)
  return found
}

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 with a title, and open to everybody', async () => {
    const answer = await call('/openapi.json')
    expectStatus(answer, 200)
    expect(answer.headers.get('Content-Type')).toBe('application/json')
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    expect(document.info).toMatchObject({ title: 'Gatehouse', version: '1' })
    expect(Object.keys(document.components.securitySchemes)).toEqual([
      'bearer',
      'cookie',
      'refreshCookie',
    ])
  })

  it('has every route that describes itself, and no other', () => {
    const wanted = DESCRIBED.map(({ method, path }) => `${method} ${documented(path)}`)
    const found = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(found.sort()).toEqual(wanted.sort())
  })

  it.each(API_ROUTES)(
    'tells what $method $path is for, and every answer to expect',
    ({ method, path, steps }) => {
      const { summary, tags, security, responses, parameters } = operation(method, path)
      expect(summary).toBeTruthy()
      expect(tags).toHaveLength(1)
      const statuses = Object.keys(responses).map(Number)
      expect(statuses.filter((status) => status < 300)).toHaveLength(1)
      expect(statuses).toEqual(expect.arrayContaining([500, 503]))
      const isGuarded = steps.includes('authenticateRequest')
      const byRefreshCookie = /\/auth\/(refresh|csrf|logout|logout-all)$/.test(path)
      expect(security.length > 0).toBe(isGuarded || byRefreshCookie)
      if (isGuarded) expect(statuses).toContain(401)
      if (steps.includes('csrfGuard')) expect(statuses).toContain(403)
      if (steps.some((step) => step.startsWith('limitClientIp'))) expect(statuses).toContain(429)
      const inPath = [...path.matchAll(/:([a-z]+)/gi)].map(([, name]) => name)
      const told = (parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(told.map(({ name }) => name)).toEqual(inPath)
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(description).toBeTruthy()
        if (status === '304') expect(content).toBeUndefined()
        else if (isPicture(method, path) && status === '200') {
          expect(Object.keys(content ?? {})).toEqual([...IMAGE_TYPES])
        } else expect(content?.['application/json']?.schema).toBeDefined()
      }
    },
  )

  it.each(API_ROUTES.filter(takesBody))(
    'bounds every text and list of the body of $method $path',
    ({ method, path }) => {
      const described = operation(method, path)
      const body = bodyOf(described)
      if (!body) throw new Error('no body is described')
      const isOptional = /\/(refresh|logout|logout-all|disable)$/.test(path)
      expect(described.requestBody?.required).toBe(!isOptional)
      expect(body.type).toBe('object')
      for (const [at, schema] of walk(body)) {
        const types = [schema.type].flat()
        const isBounded =
          schema.enum !== undefined ||
          schema.const !== undefined ||
          schema.maxLength !== undefined ||
          schema.format === 'uuid'
        // Bounded by the size of the body, and by the list of time zones.
        const byOther = ['$.communityLogo', '$.timezone'].includes(at)
        if (types.includes('string') && !byOther)
          expect({ at, isBounded }).toEqual({ at, isBounded: true })
        if (types.includes('array'))
          expect({ at, max: schema.maxItems }).toMatchObject({ at, max: 50 })
      }
    },
  )
})

describe('the bounds in the document are those of the service', () => {
  const SIGNUP = `${API}/auth/signup-community`
  const BOUNDED = {
    communityName: [2, 100],
    communityBio: [10, 1000],
    country: [1, 100],
    city: [1, 100],
    firstName: [0, 100],
    lastName: [0, 100],
    fullName: [0, 200],
    location: [0, 200],
    primaryRole: [0, 50],
    internalNotes: [0, 2000],
  } as const

  it.each(Object.entries(BOUNDED))('%s: %j', async (field, [min, max]) => {
    const properties = bodyOf(operation('POST', SIGNUP))?.properties ?? {}
    const [schema] = walk(properties[field] ?? {})
      .map(([, one]) => one)
      .filter(({ maxLength }) => maxLength !== undefined)
    expect(schema?.maxLength).toBe(max)
    expect(schema?.minLength).toBe(min === 0 ? undefined : min)
    const errorsOf = async (text: string) => {
      // Refused by its address, so that nothing is signed up.
      const answer = await postSignup(signupForm({ email: 'none', [field]: text }))
      expectStatus(answer, 422)
      return Object.keys(answer.json.errors as object)
    }
    expect(await errorsOf('ö'.repeat(max))).toEqual(['email'])
    expect((await errorsOf('ö'.repeat(max + 1))).sort()).toEqual(['email', field].sort())
    expect(await errorsOf(`  ${'🚀'.repeat(max)}  `)).toEqual(['email'])
    if (min > 0)
      expect((await errorsOf('x'.repeat(min - 1))).sort()).toEqual(['email', field].sort())
    if (min > 0) expect(await errorsOf('x'.repeat(min))).toEqual(['email'])
  })

  it('names as required what is required', async () => {
    const required = bodyOf(operation('POST', SIGNUP))?.required ?? []
    const answer = await postSignup({})
    expectStatus(answer, 422)
    // A name is required too, in one of two forms, and a password unless a `signupToken` stands for it.
    expect(Object.keys(answer.json.errors as object)).toEqual(expect.arrayContaining(required))
    expect([...required].sort()).toEqual([
      'city',
      'communityBio',
      'communityName',
      'country',
      'email',
      'officialEmail',
    ])
    const { password: _, confirmPassword: __, ...form } = signupForm()
    const without = await postSignup(form)
    expectStatus(without, 422)
    expect(Object.keys(without.json.errors as object)).toEqual(['password'])
  })
})

describe('real answers are what the document promises', () => {
  const expectDocumented = (method: string, path: string, answer: Answer) => {
    const response = operation(method, path).responses[String(answer.status)]
    const told = `${method} ${path} → ${answer.status} ${answer.text}`
    expect(response, told).toBeDefined()
    const [type = ''] = (answer.headers.get('Content-Type') ?? '').split(';')
    const content = response?.content?.[type]
    expect(content, told).toBeDefined()
    if (type === 'application/json') {
      expect(content?.schema, told).toBeDefined()
      expect(mismatchesOf(content?.schema ?? {}, answer.json), told).toEqual([])
    }
    const code = answer.json.code as ErrorCode | undefined
    if (code !== undefined) {
      expect(response?.description, told).toContain(`\`${code}\``)
      expect(response?.description, told).toContain(en[code])
    }
  }

  it.each(DESCRIBED)('success: $method $path', async (route) => {
    const answer = await send(await workingCall(route))
    expect(answer.status, answer.text).toBeLessThan(300)
    expectDocumented(route.method, route.path, answer)
  })

  it('a code and its link: a session in each transport, or the token of a signup', async () => {
    const { email } = await ownerIn('active')
    for (const tokenTransport of ['hybrid', 'body', 'cookie']) {
      const path = `${API}/auth/verify-otp`
      const answer = await call(path, { body: { ...(await codeFor(email)), tokenTransport } })
      expectStatus(answer, 200)
      expectDocumented('POST', path, answer)
    }
    for (const [path, get] of [
      [`${API}/auth/verify-otp`, codeFor],
      [`${API}/auth/verify-magic`, linkFor],
    ] as const) {
      const answer = await call(path, { body: await get(addressHere(), 'signup') })
      expectStatus(answer, 200)
      expect(answer.data.signupToken).toBeTypeOf('string')
      expectDocumented('POST', path, answer)
    }
  })

  it('signup: 201 and its refusals', async () => {
    const path = `${API}/auth/signup-community`
    const form = signupForm()
    const answers = [
      await postSignup(form),
      await postSignup(form),
      await postSignup(signupForm({ password: 'Password1!', confirmPassword: 'Password1!' })),
      await postSignup({}),
      await call(path, { body: '{' }),
      await call(path, { body: '{}', headers: { 'Content-Type': 'text/plain' } }),
      await call(path, { body: 'x'.repeat(3_700_000) }),
      await postSignup(signupForm(), { env: failingDatabase() }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([201, 409, 400, 422, 400, 415, 413, 503])
    for (const answer of answers) expectDocumented('POST', path, answer)
  })

  it('verification: 200, used, unknown; resend: 202', async () => {
    const { communityId } = await signedUp()
    const token = await linkTokenOf(communityId)
    const answers = [
      await postVerification(token),
      await postVerification(token),
      await postVerification('x'.repeat(43)),
      await postVerification(''),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 400, 422])
    for (const answer of answers) expectDocumented('POST', `${API}/auth/verify-email`, answer)
    const path = `${API}/auth/resend-verification`
    const body = { email: `nobody@${unique()}.example` }
    const resent = await call(path, { body })
    expectStatus(resent, 202)
    expectDocumented('POST', path, resent)
  })

  it('login in each transport, each gate, a wrong password; me', async () => {
    const path = `${API}/auth/login`
    const owner = await ownerIn('active')
    const password = PASSWORD
    for (const tokenTransport of ['hybrid', 'body', 'cookie']) {
      const answer = await postLogin({ email: owner.email, password, tokenTransport })
      expectStatus(answer, 200)
      expectDocumented('POST', path, answer)
    }
    const { email: unverified } = await signedUp()
    const { email: pending } = await verified()
    const { email: rejected } = await ownerIn('rejected')
    const { email: suspended } = await ownerIn('suspended')
    for (const email of [unverified, pending, rejected, suspended]) {
      const answer = await postLogin({ email, password })
      expectStatus(answer, 403)
      expectDocumented('POST', path, answer)
    }
    const wrong = await postLogin({ email: owner.email, password: 'Wrong-guess-77' })
    expectStatus(wrong, 401)
    expectDocumented('POST', path, wrong)
    const me = await call(`${API}/auth/me`, { token: await accessTokenOf(owner) })
    expectStatus(me, 200)
    expectDocumented('GET', `${API}/auth/me`, me)
    expectDocumented('GET', `${API}/auth/me`, await call(`${API}/auth/me`))
  })

  it('review: 200, 401, 403, 404, 409, 422', async () => {
    const path = `${API}/admin/communities/:community/status`
    const { token } = await admin()
    const member = await accessTokenOf(await ownerIn('active'))
    const { communityId } = await signedUp()
    const ask = (id: string, body: object, asker?: string) =>
      call(`${API}/admin/communities/${id}/status`, { method: 'PATCH', body, token: asker })
    const answers = [
      await ask(communityId, { status: 'approved' }, token),
      await ask(communityId, { status: 'approved' }),
      await ask(communityId, { status: 'approved' }, member),
      await ask('nowhere', { status: 'approved' }, token),
      await ask(communityId, { status: 'approved' }, token),
      await ask(communityId, { status: 'suspended' }, token),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 403, 404, 409, 422])
    for (const answer of answers) expectDocumented('PATCH', path, answer)
  })
})
