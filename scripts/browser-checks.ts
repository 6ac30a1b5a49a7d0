/** What only a browser can tell: how the mails look, and whether the local pages work under their policies. Part of `npm test`. */
import { type Browser, chromium } from 'playwright-core'
import { checkDocs } from './browser/docs.ts'
import { checkEyes } from './browser/eyes.ts'
import { findBrowser } from './browser/find-browser.ts'
import { checkMails } from './browser/mails.ts'
import { checkPages } from './browser/pages.ts'
import { checkStories } from './browser/stories.ts'
import { withFreshServer } from './fresh-server.ts'
import { createChecks, type Tally } from './smoke/checks.ts'
import { createClient } from './smoke/client.ts'

/** Said where there is no browser: what was not checked, and how to have it checked. */
export const LEFT_OUT =
  'browser: how the mails look and whether the local pages work was not checked, for this machine has no Chromium, Chrome or Edge. Install one, or name its program in CHROME_PATH.'

/** Ample for a busy machine. */
const START_TIMEOUT_MS = 120_000

/** Runs every check and gives the count; undefined where this machine has no browser. Throws where one is there and does not start. */
export async function runBrowserChecks(): Promise<Tally | undefined> {
  const executablePath = findBrowser()
  if (executablePath === undefined) return undefined
  console.log(`With ${executablePath}`)
  const browser = await chromium.launch({ executablePath, timeout: START_TIMEOUT_MS })
  try {
    return await checkAll(browser)
  } finally {
    await browser.close()
  }
}

async function checkAll(browser: Browser): Promise<Tally> {
  const checks = createChecks()
  await checkEyes(checks, browser)
  await checkMails(checks, browser)
  await withFreshServer([], async ({ origin, admin, lastWords }) => {
    const before = checks.tally.failed
    await checkPages(checks, browser, origin)
    const place = { browser, origin, admin, client: createClient(origin) }
    await checkDocs(checks, place)
    await checkStories(checks, place)
    if (checks.tally.failed > before) console.log(lastWords())
  })
  return checks.tally
}

if (import.meta.main) {
  const tally = await runBrowserChecks()
  console.log(tally ? `${tally.passed} passed, ${tally.failed} failed` : `Left out: ${LEFT_OUT}`)
  process.exitCode = tally?.failed === 0 ? 0 : 1
}
