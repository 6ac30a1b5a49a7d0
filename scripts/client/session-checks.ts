/** Who is signed in: the beginning, the end, and what a page knows of it. */
import { memoryStorage } from '../../client/src/storage.ts'
import { type Checks, expectSame } from '../smoke/checks.ts'
import { holding, newBrowser } from './cookie-jar.ts'
import { API, atOnce, codeOf, dataOf, OWNER, signIn, visit, type World } from './world.ts'

const REFRESH = `${API}/auth/refresh`
const KEY = 'gatehouse.refreshToken'
const DEVICE = 'gatehouse.deviceToken'

export async function checkSession(checks: Checks, world: World): Promise<void> {
  await checkStart(checks, world)
  await checkLogout(checks, world)
  await checkEnds(checks, world)
  await checkOtherPeople(checks, world)
  await checkMeanwhile(checks, world)
}

async function checkStart({ check }: Checks, world: World): Promise<void> {
  const { proxy } = world
  await check('a page that is loaded again finds its session', async () => {
    for (const transport of ['hybrid', 'cookie'] as const) {
      const { browser } = await signIn(world, { transport })
      const { client } = visit(world, { transport }, browser)
      const [state] = await Promise.all([client.session.restore(), client.session.restore()])
      expectSame('state', state, { status: 'signed_in' })
      expectSame('requests', [proxy.count(REFRESH), proxy.count(`${API}/auth/csrf`)], [1, 1])
      expectSame('who it is', dataOf(await client.api.auth.me.$get()).user.email, OWNER.email)
    }
  })
  await check(
    'a page where nobody was signed in says so, and nobody is told of an end',
    async () => {
      for (const transport of ['hybrid', 'cookie', 'body'] as const) {
        proxy.forget()
        const { client, ends } = visit(world, { transport })
        const state = await client.session.restore()
        expectSame('state', [state, ends], [{ status: 'signed_out', reason: 'none' }, []])
        expectSame('answers', await atOnce(3, () => client.api.auth.me.$get()), ['unauthenticated'])
        expectSame('refreshes', proxy.count(REFRESH), 0)
      }
    },
  )
  await check('whoever listens is told of each change once', async () => {
    const { client } = visit(world)
    const heard: string[] = []
    const stop = client.session.subscribe(({ status }) => heard.push(status))
    dataOf(await client.api.auth.login.$post({ json: OWNER }))
    dataOf(await client.api.auth.me.$get())
    dataOf(await client.api.auth.logout.$post())
    stop()
    dataOf(await client.api.auth.login.$post({ json: OWNER }))
    expectSame('changes', heard, ['signed_in', 'signed_out'])
  })
}

async function checkLogout({ check }: Checks, world: World): Promise<void> {
  const { proxy } = world
  await check('logging out ends it here and at the API, and asks for nothing more', async () => {
    for (const transport of ['hybrid', 'cookie', 'body'] as const) {
      const storage = memoryStorage()
      const { client, browser, ends } = await signIn(world, { transport, storage })
      dataOf(await client.api.auth.logout.$post())
      expectSame(
        'told',
        [client.session.get(), ends],
        [{ status: 'signed_out', reason: 'logged_out' }, ['logged_out']],
      )
      expectSame(
        'tokens',
        [browser.cookies.has('__Host-refresh'), await storage.getItem(KEY)],
        [false, undefined],
      )
      expectSame('answer', codeOf(await client.api.auth.me.$get()), 'unauthenticated')
      expectSame('refreshes', proxy.count(REFRESH), 0)
    }
  })
  await check('erasing the account leaves nothing of it in the storage', async () => {
    const storage = memoryStorage()
    const { client, ends } = await signIn(world, { transport: 'body', storage })
    expectSame('known', typeof (await storage.getItem(DEVICE)), 'string')
    const headers = { 'Content-Type': 'application/json' }
    const body = JSON.stringify({ success: true, message: 'Erased.', data: null })
    // The owner is needed further on: the proxy answers as the API does.
    proxy.next(`${API}/account`, { status: 200, headers, body })
    dataOf(await client.api.account.$delete({ json: { password: OWNER.password } }))
    expectSame('told', ends, ['logged_out'])
    expectSame(
      'kept',
      [await storage.getItem(KEY), await storage.getItem(DEVICE)],
      [undefined, undefined],
    )
  })
  await check('ending all sessions but this one does not sign out; ending all does', async () => {
    const { client, ends } = await signIn(world)
    dataOf(await client.api.sessions.$delete({ query: { keepCurrent: 'true' } }))
    dataOf(await client.api.auth.me.$get())
    dataOf(await client.api.sessions.$delete())
    expectSame('sign-outs', ends, ['logged_out'])
  })
}

async function checkEnds({ check }: Checks, world: World): Promise<void> {
  const { proxy, http, aged: change } = world
  await check('a session that was ended elsewhere is over once, without a refresh', async () => {
    const { client, ends } = await signIn(world)
    const { body } = { body: { ...OWNER, tokenTransport: 'body' } }
    const { json } = await http.expect(200, 'POST', `${API}/auth/login`, { body })
    const { accessToken } = (json as { data: { accessToken: string } }).data
    await http.expect(200, 'DELETE', `${API}/sessions`, { token: accessToken })
    const answers = await atOnce(20, () => client.api.auth.me.$get())
    expectSame('answers', answers.sort(), ['session_ended'])
    expectSame('told', [ends, proxy.count(REFRESH)], [['session_ended'], 0])
  })
  await check('a refresh token that is over signs out once, without a loop', async () => {
    const { client, browser, ends } = await signIn(world, {}, { change })
    browser.cookies.delete('__Host-refresh')
    const answers = await atOnce(20, () => client.api.auth.me.$get())
    expectSame('answers', answers, ['refresh_invalid'])
    expectSame('told', [ends, proxy.count(REFRESH)], [['refresh_invalid'], 1])
    expectSame('then', await atOnce(5, () => client.api.auth.me.$get()), ['unauthenticated'])
    expectSame('refreshes', proxy.count(REFRESH), 1)
  })
  await check('a stolen refresh token ends everything, and the client says why', async () => {
    const storage = memoryStorage()
    const { client, ends } = await signIn(world, { transport: 'body', storage }, { change })
    const stolen = String(await storage.getItem(KEY))
    let refreshToken = stolen
    for (let uses = 0; uses < 2; uses++) {
      const { json } = await http.expect(200, 'POST', REFRESH, { body: { refreshToken } })
      refreshToken = (json as { data: { refreshToken: string } }).data.refreshToken
    }
    expectSame('answers', await atOnce(20, () => client.api.auth.me.$get()), ['refresh_reused'])
    expectSame('told', [ends, proxy.count(REFRESH)], [['refresh_reused'], 1])
    expectSame('kept', await storage.getItem(KEY), undefined)
    await http.expect(403, 'POST', REFRESH, { body: { refreshToken } })
  })
}

async function checkOtherPeople({ check }: Checks, world: World): Promise<void> {
  const { proxy, aged: change } = world
  for (const transport of ['hybrid', 'cookie'] as const) {
    await check(`${transport}: no request acts for whoever logged in in another tab`, async () => {
      const old = async (data: Record<string, unknown>) => ({
        ...(await change(data)),
        ...(transport === 'cookie' && { expiresIn: 0 }),
      })
      const browser = newBrowser()
      const first = await signIn(world, { transport }, { browser, change: old })
      await signIn(world, { transport }, { browser })
      const path = `${API}/account`
      const result = await first.client.api.account.$patch({ json: { fullName: 'Nobody' } })
      expectSame('answer', result.status, 401)
      expectSame('acted', [proxy.count(path, 200), first.ends], [0, ['replaced']])
      expectSame('goes over', await first.client.session.restore(), { status: 'signed_in' })
      dataOf(await first.client.api.auth.me.$get())
    })
  }
}

async function checkMeanwhile({ check }: Checks, world: World): Promise<void> {
  await check(
    'who logs in while the page still asks who was signed in stays signed in',
    async () => {
      const { browser } = await signIn(world)
      const { held, release, fetch } = holding(browser.fetch)
      const { client, ends } = visit(world, { fetch }, browser)
      const restored = client.session.restore()
      await held
      dataOf(await client.api.auth.login.$post({ json: OWNER }))
      release()
      expectSame('state', [await restored, ends], [{ status: 'signed_in' }, []])
      dataOf(await client.api.auth.me.$get())
    },
  )
  await check('who logs out during a refresh stays logged out', async () => {
    const storage = memoryStorage()
    const browser = newBrowser()
    const { held, release, fetch } = holding(browser.fetch)
    const options = { transport: 'body', storage, fetch } as const
    const { client, ends } = await signIn(world, options, { browser, change: world.aged })
    const asked = client.api.auth.me.$get()
    await held
    dataOf(await client.api.auth.logout.$post())
    release()
    expectSame('answer', codeOf(await asked), 'access_token_expired')
    expectSame('state', [client.session.get().status, ends], ['signed_out', ['logged_out']])
    expectSame('kept', await storage.getItem(KEY), undefined)
  })
}
