/** An access token that has run out, and every way in which getting the next one can go wrong. */
import { memoryStorage } from '../../client/src/storage.ts'
import { type Checks, expectSame } from '../smoke/checks.ts'
import { newBrowser } from './cookie-jar.ts'
import type { Fault } from './proxy.ts'
import { API, atOnce, codeOf, dataOf, OWNER, signIn, visit, type World } from './world.ts'

const REFRESH = `${API}/auth/refresh`
const ME = `${API}/auth/me`
const ACCOUNT = `${API}/account`
const down: Fault = { status: 503, headers: { 'Retry-After': '0' } }
const busy: Fault = { status: 429, headers: { 'Retry-After': '0' } }

export async function checkRefresh(checks: Checks, world: World): Promise<void> {
  await checkRenewal(checks, world)
  await checkCookies(checks, world)
  await checkOutages(checks, world)
  await checkLostAnswers(checks, world)
}

async function checkRenewal({ check }: Checks, world: World): Promise<void> {
  const { proxy, aged: change } = world
  for (const transport of ['hybrid', 'body'] as const) {
    await check(`${transport}: twenty requests with an expired token, one refresh`, async () => {
      const { client, ends } = await signIn(world, { transport }, { change })
      expectSame('answers', await atOnce(20, () => client.api.auth.me.$get()), ['200'])
      expectSame('refreshes', proxy.count(REFRESH), 1)
      expectSame('requests', [proxy.count(ME, 401), proxy.count(ME, 200)], [20, 20])
      expectSame('sign-outs', ends, [])
    })
  }
  await check('a request that changes something is sent again too, once', async () => {
    const { client } = await signIn(world, {}, { change })
    dataOf(await client.api.account.$patch({ json: { fullName: 'Mara Lindqvist' } }))
    expectSame('requests', [proxy.count(ACCOUNT, 401), proxy.count(ACCOUNT, 200)], [1, 1])
  })
  await check('a token that is expired again is not renewed a second time', async () => {
    const { client } = await signIn(world, {}, { change })
    proxy.change = change
    expectSame('answer', codeOf(await client.api.auth.me.$get()), 'access_token_expired')
    expectSame('refreshes', proxy.count(REFRESH), 1)
  })
}

async function checkCookies({ check }: Checks, world: World): Promise<void> {
  const { proxy } = world
  await check('cookie: an access cookie that the browser has dropped is renewed', async () => {
    const change = async (data: object) => ({ ...data, expiresIn: 0 })
    const { client, browser } = await signIn(world, { transport: 'cookie' }, { change })
    browser.cookies.delete('__Host-access')
    expectSame('answers', await atOnce(20, () => client.api.auth.me.$get()), ['200'])
    expectSame('requests', [proxy.count(REFRESH), proxy.count(ME)], [1, 20])
  })
  await check('cookie: a CSRF token that is refused is fetched anew, once', async () => {
    const change = async (data: object) => ({ ...data, csrfToken: 'outdated' })
    const { client, ends } = await signIn(world, { transport: 'cookie' }, { change })
    dataOf(await client.api.account.$patch({ json: { fullName: 'Mara Lindqvist' } }))
    dataOf(await client.api.account.$patch({ json: { fullName: 'Mara Lindqvist' } }))
    expectSame('requests', [proxy.count(ACCOUNT, 403), proxy.count(ACCOUNT, 200)], [1, 2])
    expectSame('tokens fetched', [proxy.count(`${API}/auth/csrf`), ends], [1, []])
  })
  await check('cookie: a CSRF token that stays refused is told, and signs nobody out', async () => {
    const { client, ends } = await signIn(world, { transport: 'cookie' })
    proxy.rule = ({ path }) =>
      path === ACCOUNT
        ? { status: 403, body: '{"success":false,"code":"csrf_failed","message":"No."}' }
        : undefined
    const refused = await client.api.account.$patch({ json: { fullName: 'Mara' } })
    expectSame('answer', [codeOf(refused), proxy.count(ACCOUNT), ends], ['csrf_failed', 1, []])
  })
  await check(
    'hybrid: a refresh with an outdated CSRF token is repeated with the new one',
    async () => {
      const change = async (data: object) => world.aged({ ...data, csrfToken: 'outdated' })
      const { client, ends } = await signIn(world, {}, { change })
      dataOf(await client.api.auth.me.$get())
      expectSame('refreshes', [proxy.count(REFRESH, 403), proxy.count(REFRESH, 200)], [1, 1])
      expectSame('sign-outs', ends, [])
    },
  )
}

async function checkOutages({ check }: Checks, world: World): Promise<void> {
  const { proxy, aged: change } = world
  await check(
    'a refresh that is put off or fails for a while goes through in the end',
    async () => {
      const { client, ends } = await signIn(world, {}, { change })
      proxy.next(REFRESH, down, busy, down)
      expectSame('answers', await atOnce(20, () => client.api.auth.me.$get()), ['200'])
      expectSame('refreshes', [proxy.count(REFRESH), ends], [4, []])
    },
  )
  await check('a refresh that fails for long ends in its error, and signs nobody out', async () => {
    const { client, ends } = await signIn(world, {}, { change })
    proxy.rule = ({ path }) => (path === REFRESH ? down : undefined)
    const answers = await atOnce(20, () => client.api.auth.me.$get())
    expectSame('answers', answers, ['unexpected_answer'])
    expectSame('attempts', [proxy.count(REFRESH), ends], [5, []])
    proxy.forget()
    dataOf(await client.api.auth.me.$get())
  })
  await check('one that shall wait for longer than anybody would is not waited for', async () => {
    const { client, ends } = await signIn(world, {}, { change })
    proxy.next(REFRESH, { status: 429, headers: { 'Retry-After': '3600' } })
    const result = await client.api.auth.me.$get()
    if (result.ok) throw new Error('it was answered')
    expectSame('seconds', result.error.retryAfterSeconds, 3600)
    expectSame('attempts', [proxy.count(REFRESH), ends], [1, []])
  })
}

async function checkLostAnswers({ check }: Checks, world: World): Promise<void> {
  const { proxy, aged: change } = world
  for (const transport of ['hybrid', 'body', 'cookie'] as const) {
    await check(`${transport}: a lost answer to a refresh is asked for again`, async () => {
      const old = async (data: Record<string, unknown>) => ({
        ...(await change(data)),
        ...(transport === 'cookie' && { expiresIn: 0 }),
      })
      const { client, ends } = await signIn(world, { transport }, { change: old })
      proxy.next(REFRESH, 'lose', 'lose')
      expectSame('answers', await atOnce(5, () => client.api.auth.me.$get()), ['200'])
      expectSame('refreshes', [proxy.count(REFRESH, 0), proxy.count(REFRESH, 200)], [2, 1])
      expectSame('who is signed in', [client.session.get(), ends], [{ status: 'signed_in' }, []])
    })
  }
  await check('body: the rotated token is kept, and the next start goes on with it', async () => {
    const storage = memoryStorage()
    const first = await signIn(world, { transport: 'body', storage }, { change })
    dataOf(await first.client.api.auth.me.$get())
    const next = visit(world, { transport: 'body', storage })
    expectSame('state', next.client.session.get().status, 'unknown')
    expectSame('answers', await atOnce(5, () => next.client.api.auth.me.$get()), ['200'])
    expectSame('refreshes', proxy.count(REFRESH), 2)
    dataOf(await next.client.api.auth.login.$post({ json: OWNER }))
    const { body = '' } = proxy.seen.at(-1) ?? {}
    expectSame('the device is known', 'deviceToken' in JSON.parse(body), true)
  })
  await check('without a lock, two tabs that refresh together get the same successor', async () => {
    const browser = newBrowser()
    const one = await signIn(world, {}, { browser, change })
    const other = visit(world, {}, browser)
    const answers = await Promise.all([
      one.client.api.auth.me.$get(),
      other.client.api.auth.me.$get(),
    ])
    expectSame('answers', answers.map(codeOf), ['200', '200'])
    expectSame('refreshes', proxy.count(REFRESH, 200), 2)
  })
}
