/**
 * /docs as a reader has it: whole without another host, under its own policy, on a phone and on a desk; and a call that
 * is tried from it, first to log in, then with what the login gave.
 */
import type { Browser, Page } from 'playwright-core'
import * as z from 'zod'
import type { Admin } from '../admin-command.ts'
import { type Checks, expectSame } from '../smoke/checks.ts'
import type { Client } from '../smoke/client.ts'
import { expectNone } from './look.ts'
import { type Visitor, withVisitor } from './visitor.ts'

const SCREENS = [
  { width: 360, height: 740 },
  { width: 1280, height: 900 },
]
const API = '/api/v1'

interface Place {
  browser: Browser
  origin: string
  client: Client
  admin: Admin
}

const documentSchema = z.object({ tags: z.array(z.object({ name: z.string() })) })

export async function checkDocs({ check }: Checks, place: Place): Promise<void> {
  const { json } = await place.client.expect(200, 'GET', '/openapi.json')
  const tags = documentSchema.parse(json).tags.map(({ name }) => name)
  for (const size of SCREENS) {
    await check(`/docs shows what there is, ${size.width} px wide`, () =>
      withReader(place, async ({ page, complaints }) => {
        await page.setViewportSize(size)
        const answer = await openRoute(page, 'login', `POST${API}/auth/login`)
        const policy = (await answer?.headerValue('Content-Security-Policy')) ?? ''
        expectSame('its policy lets no text become code', /unsafe-eval/.test(policy), false)
        expectSame(
          'nor a script without the nonce',
          /script-src 'nonce-[\w-]+';/.test(policy),
          true,
        )
        // On a phone the list of routes is folded away.
        for (const tag of tags) {
          await page.getByText(tag, { exact: true }).first().waitFor({ state: 'attached' })
        }
        await page.getByText('invalid_credentials').first().waitFor()
        const width = await page.evaluate('document.documentElement.scrollWidth')
        expectSame('its width', width, size.width)
        expectNone(complaints())
      }),
    )
  }
  await check('/docs tries a call: it logs in, and then is known', () =>
    withReader(place, async ({ page, complaints }) => {
      const { email, password } = place.admin
      const login = await tryCall(page, 'login', `POST${API}/auth/login`, { email, password })
      expectSame('the login', login.status, 200)
      const me = await tryCall(page, 'account', `GET${API}/auth/me`)
      expectSame('who is asking', me.text.includes(email), true)
      expectNone(complaints())
    }),
  )
}

/** A visitor who reaches this server and nothing else. */
function withReader(place: Place, work: (visitor: Visitor) => Promise<void>): Promise<void> {
  return withVisitor(place.browser, place.origin, async (visitor) => {
    const isElsewhere = ({ origin }: URL) => origin !== place.origin
    await visitor.page.context().route(isElsewhere, (route) => route.abort())
    await work(visitor)
  })
}

/** Shows a route by its address on the page, as its link in the list of routes does. */
async function openRoute(page: Page, tag: string, route: string) {
  const answer = await page.goto(`/docs#tag/${tag}/${route}`)
  await page.getByRole('button', { name: testButton(route) }).waitFor()
  return answer
}

async function tryCall(page: Page, tag: string, route: string, body?: object) {
  const path = route.slice(route.indexOf('/'))
  await openRoute(page, tag, route)
  await page.getByRole('button', { name: testButton(route) }).click()
  const client = page.getByRole('dialog')
  if (body) await client.locator('.cm-content').first().fill(JSON.stringify(body))
  const answer = page.waitForResponse((response) => new URL(response.url()).pathname === path)
  await client
    .getByRole('button', { name: /^Send / })
    .first()
    .click()
  const response = await answer
  await client.getByText(`${response.status()}`).first().waitFor()
  await client.getByRole('button', { name: 'Close Client' }).click()
  return { status: response.status(), text: await response.text() }
}

/** "Test Request (post /api/v1/auth/login)" */
const testButton = (route: string) => {
  const at = route.indexOf('/')
  return new RegExp(`Test Request.*${route.slice(0, at)} ${route.slice(at)}\\)`, 'i')
}
