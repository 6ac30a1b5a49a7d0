/** Each button of the local pages, pressed once for a real link, in the order in which somebody might come to them. */
import type { Browser, Page } from 'playwright-core'
import type { Admin } from '../admin-command.ts'
import { type Checks, expectSame, given } from '../smoke/checks.ts'
import type { Client } from '../smoke/client.ts'
import { expectNone, look } from './look.ts'
import * as world from './story-world.ts'
import { type Visitor, withVisitor } from './visitor.ts'

const { API, OWNER, PASSWORD, NEW_PASSWORD } = world
const MEMBER = 'joy.okafor@example.net'
const NEW_ADDRESS = 'mara@harbour.example.net'

export interface Place {
  browser: Browser
  origin: string
  client: Client
  admin: Admin
}

export async function checkStories(checks: Checks, place: Place): Promise<void> {
  await checkOwner(checks, place)
  await checkMagicLink(checks, place)
  await checkInvitation(checks, place)
  await checkEmailChange(checks, place)
  await checkInbox(checks, place)
}

async function checkOwner({ check }: Checks, place: Place): Promise<void> {
  const { client } = place
  const slug = await check('/verify-email: the owner confirms the address', async () => {
    const slug = await world.signUp(client)
    const mail = await world.nextMail(client, OWNER, 'signup_confirmation')
    await press(place, mail, 'Confirm', /^Your email address is confirmed\./)
    return slug
  })
  await check('/not-me: a session on a new device ends', async () => {
    await world.approve(client, place.admin, given(slug))
    // Nobody is told of the first device of an account.
    await world.logIn(client, OWNER, PASSWORD)
    const token = await world.logIn(client, OWNER, PASSWORD)
    const mail = await world.nextMail(client, OWNER, 'new_device')
    await press(place, mail, 'End that session', /^That session has ended\./)
    await client.expect(401, 'GET', `${API}/auth/me`, { token })
  })
  await check(
    '/reset-password: two passwords that differ are refused, two alike are set',
    async () => {
      const mail = await world.nextMail(client, OWNER, 'password_reset')
      await withVisitor(place.browser, place.origin, async ({ page, complaints }) => {
        await page.goto(world.pathOf(mail))
        await page.fill('input[name=password]', NEW_PASSWORD)
        await page.fill('input[name=confirmPassword]', PASSWORD)
        await pressButton(page, 'Set the password')
        await expectAnswer(page, /The two passwords differ\.$/)
        complaints()
        await page.fill('input[name=confirmPassword]', NEW_PASSWORD)
        await pressButton(page, 'Set the password')
        await expectDone(page, /^Your new password is set\./)
        expectNone(complaints())
      })
      await world.logIn(client, OWNER, NEW_PASSWORD)
    },
  )
}

async function checkMagicLink({ check }: Checks, place: Place): Promise<void> {
  const { client, browser, origin } = place
  await check('/docs and /magic-link: a browser asks for a code, and its link logs it in', () =>
    withVisitor(browser, origin, async ({ page, complaints }) => {
      await page.goto('/docs')
      const answer = await ask(page, `${API}/auth/send-otp`, { email: OWNER })
      expectSame('the answer', answer.slice(0, 3), '202')
      await page.goto(world.pathOf(await world.nextMail(client, OWNER, 'otp_code')))
      await pressButton(page, 'Go on')
      await expectDone(page, /^You are logged in\.$/)
      await page.goto('/docs')
      const me = await ask(page, `${API}/auth/me`)
      expectSame('who is logged in', me.includes(OWNER), true)
      expectNone(complaints())
    }),
  )
  await check('/magic-link: another browser gets no session by the link', async () => {
    const known = await world.newestMail(client, OWNER, 'otp_code')
    await client.expect(202, 'POST', `${API}/auth/send-otp`, { body: { email: OWNER } })
    const mail = await world.nextMail(client, OWNER, 'otp_code', known)
    // It asks for Chinese, and the API answers in it.
    const chinese = { locale: 'zh-CN' }
    const work = async ({ page }: Visitor) => {
      await page.goto(world.pathOf(mail))
      await pressButton(page, 'Go on')
      await expectAnswer(page, /^请在请求此链接的浏览器中打开。$/)
      expectSame('cookies', await page.context().cookies(), [])
    }
    await withVisitor(browser, origin, work, chinese)
  })
}

async function checkInvitation({ check }: Checks, place: Place): Promise<void> {
  const { client } = place
  await check('/accept-invite: somebody joins, with a name and without a password', async () => {
    const token = await world.logIn(client, OWNER, NEW_PASSWORD)
    const { json } = await client.expect(200, 'GET', `${API}/auth/me`, { token })
    const path = `${API}/communities/${world.slugOf(json)}/invitations`
    await client.expect(201, 'POST', path, { body: { email: MEMBER, role: 'Member' }, token })
    const mail = await world.nextMail(client, MEMBER, 'invitation')
    await withVisitor(place.browser, place.origin, async ({ page, complaints }) => {
      await page.goto(world.pathOf(mail))
      await page.fill('input[name=fullName]', 'Joy Okafor')
      await pressButton(page, 'Join')
      await expectDone(page, /^Welcome\./)
      await page.goto('/docs')
      const me = await ask(page, `${API}/auth/me`)
      expectSame('who has joined', me.includes('"Joy Okafor"') && me.includes(MEMBER), true)
      expectNone(complaints())
    })
  })
}

async function checkEmailChange({ check }: Checks, place: Place): Promise<void> {
  const { client } = place
  await check('/revert-email: the old address comes back', async () => {
    const token = await world.logIn(client, OWNER, NEW_PASSWORD)
    const body = { newEmail: NEW_ADDRESS, password: NEW_PASSWORD }
    await client.expect(202, 'POST', `${API}/account/email`, { body, token })
    const { code } = await world.nextMail(client, NEW_ADDRESS, 'email_change_code')
    await client.expect(200, 'POST', `${API}/account/email/verify`, { body: { code }, token })
    const mail = await world.nextMail(client, OWNER, 'email_change_notice')
    await press(place, mail, 'Take the address back', /^Your address is back/)
    await client.expect(401, 'GET', `${API}/auth/me`, { token })
    await world.nextMail(client, OWNER, 'set_password')
  })
}

async function checkInbox({ check }: Checks, place: Place): Promise<void> {
  const { client, browser, origin } = place
  await check('/dev/mail: shows every mail, and a new one by itself', () =>
    withVisitor(browser, origin, async ({ page, complaints }) => {
      await page.goto(`/dev/mail?to=${MEMBER}`)
      expectNone(await look(page, 'button'))
      const before = await page.locator('article').count()
      await client.expect(202, 'POST', `${API}/auth/send-otp`, { body: { email: MEMBER } })
      await page.locator(`article:nth-of-type(${before + 1})`).waitFor()
      const mail = page.frameLocator('article:first-of-type iframe')
      await mail.locator('a.button').waitFor()
      await page.locator('summary').first().click()
      await page.locator('article:first-of-type pre').waitFor()
      expectNone([...(await look(page, 'button')), ...complaints()])
    }),
  )
  await check('/dev/mail: the button of a mail opens its page in another tab', () =>
    withVisitor(browser, origin, async ({ page }) => {
      await page.goto(`/dev/mail?to=${MEMBER}`)
      const button = page.frameLocator('article:first-of-type iframe').locator('a.button')
      const [opened] = await Promise.all([page.context().waitForEvent('page'), button.click()])
      await opened.waitForURL('**/magic-link')
    }),
  )
}

/** Opens the link of a mail in a new browser, presses the button, and waits for what the page then says. */
function press(place: Place, mail: world.Mail, label: string, says: RegExp): Promise<void> {
  return withVisitor(place.browser, place.origin, async ({ page, complaints }: Visitor) => {
    await page.goto(world.pathOf(mail))
    await pressButton(page, label)
    await expectDone(page, says)
    expectNone([...(await look(page, 'button')), ...complaints()])
  })
}

const pressButton = (page: Page, label: string) =>
  page.getByRole('button', { name: label, exact: true }).click()

/** Waits for the answer of the API, which takes the place of what was said before. */
async function expectAnswer(page: Page, says: RegExp): Promise<void> {
  const text = await page
    .locator('output')
    .filter({ hasText: /[.。]$/ })
    .textContent()
  if (!says.test(text ?? '')) throw new Error(`the page says “${text}”, expected ${says}`)
}

/** It has worked: the page says so and what comes next, and its button is off. */
async function expectDone(page: Page, says: RegExp): Promise<void> {
  await expectAnswer(page, says)
  await page.locator('#next').waitFor()
  expectSame('the button is off', await page.locator('button').isDisabled(), true)
}

/** Asks the API from the page that is open, as a script of it would; what comes back. */
async function ask(page: Page, path: string, body?: object): Promise<string> {
  const options = body && {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }
  const call = `fetch(${JSON.stringify(path)}, ${JSON.stringify(options) ?? '{}'})`
  return String(await page.evaluate(`${call}.then(async (a) => a.status + ' ' + (await a.text()))`))
}
