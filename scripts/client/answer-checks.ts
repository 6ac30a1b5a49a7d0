/** Answers as values: what was refused, what never arrived, what was repeated, and what must not be. */
import { type Checks, expectSame } from '../smoke/checks.ts'
import { signupForm } from '../smoke/signup-form.ts'
import { holding, newBrowser } from './cookie-jar.ts'
import type { Fault } from './proxy.ts'
import { API, codeOf, dataOf, OWNER, signIn, visit, type World } from './world.ts'

const SIGNUP = `${API}/auth/signup-community`
const down: Fault = { status: 503, headers: { 'Retry-After': '0' } }

export async function checkAnswers(checks: Checks, world: World): Promise<void> {
  await checkErrors(checks, world)
  await checkUnreadable(checks, world)
  await checkRepeats(checks, world)
  await checkSignup(checks, world)
  await checkLists(checks, world)
}

async function checkErrors({ check }: Checks, world: World): Promise<void> {
  await check('what the API refuses is a value with its code, fields and request id', async () => {
    world.proxy.forget()
    const { client } = visit(world)
    const json = { email: 'nobody', password: '' }
    const result = await client.api.auth.login.$post({ json })
    if (result.ok) throw new Error('it was answered')
    const { code, errors = {}, requestId = '' } = result.error
    expectSame(
      'it',
      [result.status, code, Object.keys(errors).sort()],
      [422, 'validation_failed', ['email', 'password']],
    )
    expectSame('the request id', /^[0-9a-f-]{36}$/.test(requestId), true)
    const wrong = await client.api.auth.login.$post({
      json: { ...OWNER, password: 'Wrong-Lantern-42' },
    })
    expectSame(
      'a wrong password',
      [codeOf(wrong), world.proxy.count(`${API}/auth/refresh`)],
      ['invalid_credentials', 0],
    )
  })
}

async function checkUnreadable({ check }: Checks, world: World): Promise<void> {
  const { proxy } = world
  await check('a server that is not there is a value', async () => {
    const { client } = visit(world, { baseUrl: 'http://127.0.0.1:9', retries: 0 })
    expectSame('code', codeOf(await client.api.auth.login.$post({ json: OWNER })), 'network_error')
  })
  await check('a page of somebody in between is no answer', async () => {
    const { client } = await signIn(world)
    const type = { 'Content-Type': 'text/html' }
    for (const status of [200, 403, 404]) {
      proxy.next(`${API}/auth/me`, { status, headers: type, body: '<h1>Hotel Wi-Fi</h1>' })
      const result = await client.api.auth.me.$get()
      expectSame('it', [codeOf(result), result.status], ['unexpected_answer', status])
    }
    proxy.next(`${API}/auth/me`, {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      body: '{"a":',
    })
    expectSame('broken JSON', codeOf(await client.api.auth.me.$get()), 'unexpected_answer')
    expectSame('state', client.session.get(), { status: 'signed_in' })
  })
  await check('a signal cancels, also while it waits for the next attempt', async () => {
    const { client } = await signIn(world)
    const before = await client.api.auth.me.$get({}, { init: { signal: AbortSignal.abort() } })
    expectSame('before', codeOf(before), 'aborted')
    const stop = new AbortController()
    proxy.rule = () => {
      stop.abort()
      return { status: 503, headers: { 'Retry-After': '15' } }
    }
    const during = await client.api.auth.me.$get({}, { init: { signal: stop.signal } })
    expectSame('during', [codeOf(during), proxy.count(`${API}/auth/me`)], ['aborted', 1])
  })
  await check('a signal lets go of a refresh that others wait for', async () => {
    const browser = newBrowser()
    const { held, release, fetch } = holding(browser.fetch)
    const { client } = await signIn(world, { fetch }, { browser, change: world.aged })
    const stop = new AbortController()
    const gone = client.api.auth.me.$get({}, { init: { signal: stop.signal } })
    const other = client.api.auth.me.$get()
    await held
    stop.abort()
    expectSame('the one that left', codeOf(await gone), 'aborted')
    release()
    expectSame('the other', codeOf(await other), '200')
  })
}

async function checkRepeats({ check }: Checks, world: World): Promise<void> {
  const { proxy } = world
  await check('reading is repeated through an outage, and not endlessly', async () => {
    const { client } = await signIn(world)
    proxy.next(`${API}/auth/me`, down, 'lose', down)
    dataOf(await client.api.auth.me.$get())
    proxy.next(`${API}/auth/me`, down, down, down, down)
    const result = await client.api.auth.me.$get()
    expectSame('it', [result.status, proxy.count(`${API}/auth/me`)], [503, 8])
  })
  await check('what changes something is sent once, whatever happens to it', async () => {
    const { client } = await signIn(world)
    for (const [fault, code] of [
      ['lose', 'network_error'],
      [down, 'unexpected_answer'],
    ] as const) {
      proxy.next(`${API}/account`, fault)
      const result = await client.api.account.$patch({ json: { fullName: 'Mara Lindqvist' } })
      expectSame('code', codeOf(result), code)
    }
    proxy.next(`${API}/sessions`, 'lose')
    const ended = await client.api.sessions.$delete({ query: { keepCurrent: 'true' } })
    expectSame('code', codeOf(ended), 'network_error')
    expectSame('requests', [proxy.count(`${API}/account`), proxy.count(`${API}/sessions`)], [2, 1])
  })
}

async function checkSignup({ check }: Checks, world: World): Promise<void> {
  const { proxy } = world
  await check('a signup whose answer is lost makes one community', async () => {
    proxy.forget()
    const { client } = visit(world)
    const json = {
      ...signupForm,
      communityLogo: '',
      communityName: 'Harbour Circle',
      communityWebsite: '',
      officialEmail: 'hello@harbour.example.net',
      email: 'vera@harbour.example.net',
      acceptTerms: true as const,
    }
    proxy.next(SIGNUP, 'lose', down)
    const result = await client.api.auth['signup-community'].$post({ json })
    expectSame(
      'slug',
      [dataOf(result).slug, result.ok && result.replayed],
      ['harbour-circle', true],
    )
    const keys = proxy.seen.map(({ headers }) => headers.get('Idempotency-Key'))
    expectSame('keys', [keys.length, new Set(keys).size], [3, 1])
    const again = await client.api.auth['signup-community'].$post({ json })
    expectSame('another call', codeOf(again), 'community_exists')
    const header = { 'idempotency-key': String(keys[0]) }
    const own = await client.api.auth['signup-community'].$post({ json, header })
    expectSame('a key of its own', [own.ok && own.replayed], [true])
  })
}

async function checkLists({ check }: Checks, world: World): Promise<void> {
  await check('every page of a list, and an answer that is none ends it', async () => {
    const { client } = await signIn(world)
    await signIn(world)
    const { pages } = world.library
    const get = (cursor?: string) => client.api.sessions.$get({ query: { limit: '1', cursor } })
    const ids: string[] = []
    for await (const page of pages(get)) ids.push(...dataOf(page).items.map(({ id }) => id))
    expectSame('all of them', ids.length > 1 && new Set(ids).size === ids.length, true)
    const codes: string[] = []
    for await (const page of pages(() => get('nonsense'))) codes.push(codeOf(page))
    expectSame('codes', codes, ['validation_failed'])
  })
}
