/** The package for frontends: built, packed, compiled elsewhere, and used against a Worker. Part of `npm test`. */
import { chromium } from 'playwright-core'
import { findBrowser } from './browser/find-browser.ts'
import { checkAnswers } from './client/answer-checks.ts'
import { checkTabs } from './client/browser-checks.ts'
import { buildClient } from './client/build.ts'
import { checkPackage } from './client/package-checks.ts'
import { withPageServer } from './client/page-server.ts'
import { checkRefresh } from './client/refresh-checks.ts'
import { checkRoutes } from './client/route-checks.ts'
import { checkSession } from './client/session-checks.ts'
import { type World, withWorld } from './client/world.ts'
import { findFreePort } from './dev-server.ts'
import { type Checks, createChecks, type Tally } from './smoke/checks.ts'

/** Said where there is no browser. */
export const TABS_LEFT_OUT =
  'client: how two tabs share a session was not checked, for this machine has no Chromium, Chrome or Edge.'

/** Ample for a busy machine. */
const START_TIMEOUT_MS = 120_000

/** Runs every check and gives the count, and whether a browser was among them. */
export async function runClientChecks(): Promise<{ tally: Tally; inBrowser: boolean }> {
  await buildClient()
  const checks = createChecks()
  await checkPackage(checks)
  const port = await findFreePort()
  const inBrowser = await withWorld(`http://localhost:${port}`, async (world) => {
    await checkRoutes(checks, world)
    await checkAnswers(checks, world)
    await checkRefresh(checks, world)
    await checkSession(checks, world)
    return await checkInTabs(checks, world, port)
  })
  return { tally: checks.tally, inBrowser }
}

async function checkInTabs(checks: Checks, world: World, port: number): Promise<boolean> {
  const executablePath = findBrowser()
  if (executablePath === undefined) return false
  const browser = await chromium.launch({ executablePath, timeout: START_TIMEOUT_MS })
  try {
    const origin = `http://localhost:${port}`
    await withPageServer(port, () => checkTabs(checks, { browser, world, origin }))
    return true
  } finally {
    await browser.close()
  }
}

if (import.meta.main) {
  const { tally, inBrowser } = await runClientChecks()
  if (!inBrowser) console.log(`Left out: ${TABS_LEFT_OUT}`)
  console.log(`${tally.passed} passed, ${tally.failed} failed`)
  process.exitCode = tally.failed === 0 ? 0 : 1
}
