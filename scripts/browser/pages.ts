/** The local pages in a browser: each under its own policy, without a complaint, on a phone and on a desk. */
import type { Browser } from 'playwright-core'
import { type Checks, expectSame } from '../smoke/checks.ts'
import { expectNone, look } from './look.ts'
import { withVisitor } from './visitor.ts'

/** Path, and what has to be as large as a finger. */
const PAGES: readonly [path: string, buttons: string][] = [
  ['/verify-email?token=x', 'button'],
  ['/reset-password?token=x', 'button, input:not([type=hidden])'],
  ['/not-me?token=x', 'button'],
  ['/magic-link?token=x', 'button, input:not([type=hidden])'],
  ['/accept-invite?token=x', 'button, input:not([type=hidden])'],
  ['/revert-email?token=x', 'button'],
  ['/dev/mail', 'button'],
]

export async function checkPages({ check }: Checks, browser: Browser, origin: string) {
  for (const [path, buttons] of PAGES) {
    await check(`page ${path}`, () =>
      withVisitor(browser, origin, async ({ page, complaints }) => {
        const answer = await page.goto(path)
        expectSame('status', answer?.status(), 200)
        const policy = (await answer?.headerValue('Content-Security-Policy')) ?? ''
        expectSame(
          'its policy forbids what it does not name',
          /default-src 'none'/.test(policy),
          true,
        )
        expectNone([...(await look(page, buttons)), ...complaints()])
        if (path.includes('token=')) {
          expectSame('the address bar', new URL(page.url()).search, '')
        }
      }),
    )
  }
  await check('a page without a token says so, and its button does nothing', () =>
    withVisitor(browser, origin, async ({ page, complaints }) => {
      await page.goto('/verify-email')
      expectSame('the button is off', await page.locator('button').isDisabled(), true)
      expectSame('it says', await page.locator('output').textContent(), NO_TOKEN)
      expectNone(complaints())
    }),
  )
}

const NO_TOKEN = 'This address carries no token. Open the link in the mail again.'
