/**
 * Two tabs of one browser, on another port than the API: cookies of the API, CORS, locks and messages as they are. What
 * runs in a tab is the published package, loaded by a page of another origin.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type Checks, expectSame } from '../smoke/checks.ts'
import { API, OWNER, type World } from './world.ts'

const REFRESH = `${API}/auth/refresh`
const TIMEOUT_MS = 60_000
const TRANSPORTS = ['hybrid', 'cookie'] as const

interface Place {
  browser: Browser
  world: World
  /** Of the page. */
  origin: string
}

export async function checkTabs(checks: Checks, place: Place): Promise<void> {
  for (const transport of TRANSPORTS) {
    await checks.check(`${transport}: two tabs whose tokens expire at once both go on`, () =>
      withTabs(place, transport, expireTogether),
    )
    await checks.check(`${transport}: two tabs learn of each other's log out and log in`, () =>
      withTabs(place, transport, leaveTogether),
    )
  }
  await checks.check('without locks and messages, two tabs whose tokens expire both go on', () =>
    withTabs(place, 'hybrid', expireTogether, WITHOUT),
  )
}

async function expireTogether({ one, two, world }: Tabs): Promise<void> {
  const { proxy } = world
  proxy.change = async (data) => ({ ...(await world.aged(data)), expiresIn: 0 })
  expectSame('log in', await logIn(one), '200')
  expectSame('other tab', await two.evaluate(RESTORE), 'signed_in')
  await dropAccessCookie(one.context())
  proxy.forget()
  const answers = await Promise.all([one.evaluate(TWENTY), two.evaluate(TWENTY)])
  expectSame('answers', answers, [['200'], ['200']])
  // One for both, or one each where the second had not heard of the first yet.
  const refreshes = proxy.count(REFRESH)
  if (refreshes < 1 || refreshes > 2) throw new Error(`there were ${refreshes} refreshes`)
  expectSame('answered', proxy.count(REFRESH, 200), refreshes)
  expectSame('sign-outs', [await one.evaluate(ENDS), await two.evaluate(ENDS)], [[], []])
}

async function leaveTogether({ one, two }: Tabs): Promise<void> {
  expectSame('log in', await logIn(one), '200')
  expectSame('other tab', await two.evaluate(RESTORE), 'signed_in')
  const cookies = (await one.context().cookies()).map(({ name }) => name)
  expectSame('cookies', cookies.includes('__Host-refresh'), true)
  expectSame('log out', await two.evaluate(LOG_OUT), '200')
  await one.waitForFunction("window.client.session.get().status === 'signed_out'")
  expectSame(
    'told',
    [await one.evaluate(ENDS), await two.evaluate(ENDS)],
    [['logged_out'], ['logged_out']],
  )
  expectSame('then', await one.evaluate(TWENTY), ['unauthenticated'])
  expectSame('log in again', await logIn(two), '200')
  await one.waitForFunction("window.client.session.get().status === 'signed_in'")
  expectSame('both', [await one.evaluate(TWENTY), await two.evaluate(TWENTY)], [['200'], ['200']])
}

interface Tabs {
  one: Page
  two: Page
  world: World
}

async function withTabs(
  { browser, world, origin }: Place,
  transport: string,
  work: (tabs: Tabs) => Promise<void>,
  before = '',
): Promise<void> {
  world.proxy.forget()
  const context = await browser.newContext({ baseURL: origin })
  context.setDefaultTimeout(TIMEOUT_MS)
  const complaints: string[] = []
  context.on('weberror', (event) => complaints.push(String(event.error())))
  try {
    const open = async () => {
      const page = await context.newPage()
      await page.addInitScript(before)
      await page.goto('/')
      await page.evaluate(load(world.proxy.origin, transport))
      return page
    }
    await work({ one: await open(), two: await open(), world })
    expectSame('complaints', complaints, [])
  } finally {
    await context.close()
  }
}

/** What a frontend would write, as text: it runs in the page. */
const load = (baseUrl: string, transport: string) => `(async () => {
  const { createClient } = await import('@gatehouse/client')
  window.ends = []
  const onSignedOut = (reason) => window.ends.push(reason)
  window.client = createClient({ baseUrl: '${baseUrl}', transport: '${transport}', onSignedOut })
  window.codeOf = (result) => (result.ok ? String(result.status) : result.error.code)
})()`
const logIn = (page: Page) =>
  page.evaluate(
    `window.client.api.auth.login.$post({ json: ${JSON.stringify(OWNER)} }).then(window.codeOf)`,
  )
const RESTORE = 'window.client.session.restore().then(({ status }) => status)'
const LOG_OUT = 'window.client.api.auth.logout.$post().then(window.codeOf)'
const ENDS = 'window.ends'
const TWENTY = `Promise.all(Array.from({ length: 20 }, () => window.client.api.auth.me.$get()))
  .then((results) => [...new Set(results.map(window.codeOf))])`
const WITHOUT = `Object.defineProperty(navigator, 'locks', { value: undefined })
delete globalThis.BroadcastChannel`

/** As the browser does once it has run out. */
function dropAccessCookie(context: BrowserContext): Promise<void> {
  return context.clearCookies({ name: '__Host-access' })
}
