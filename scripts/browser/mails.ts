/**
 * Each mail in a browser that shows no picture and reaches nothing: it must be readable as it comes. Mail clients run
 * no script, and neither does this browser.
 */
import type { Browser, Page } from 'playwright-core'
import type { Checks } from '../smoke/checks.ts'
import { activeParts, expectNone, look } from './look.ts'
import { renderMails } from './rendered-mails.ts'

const BUTTON = 'a.button'

export async function checkMails({ check }: Checks, browser: Browser): Promise<void> {
  const mails = await renderMails()
  const page = await browser.newPage({ javaScriptEnabled: false })
  const requests: string[] = []
  await page.route('**', (route) => {
    requests.push(route.request().url())
    return route.abort()
  })
  for (const { name, htmls } of mails) {
    await check(`mail ${name}`, async () => {
      const faults: string[] = []
      for (const html of htmls) faults.push(...(await readMail(page, html)))
      const loaded = requests.splice(0).map((url) => `asks for ${url}`)
      expectNone([...faults, ...loaded])
    })
  }
  await page.close()
}

async function readMail(page: Page, html: string): Promise<string[]> {
  await page.setContent(html)
  const [links, buttons] = [await page.locator('a').count(), await page.locator(BUTTON).count()]
  const unlike = links > 0 && buttons !== 1 ? [`has a link and ${buttons} buttons`] : []
  return [...unlike, ...(await activeParts(page)), ...(await look(page, BUTTON))]
}
