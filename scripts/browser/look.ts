/** Looks at the page that is open, on a phone and on a desk, by day and by night. */
import type { Page } from 'playwright-core'
import * as z from 'zod'
import * as inPage from './page-faults.mjs'

const SCREENS = {
  phone: { width: 360, height: 740 },
  desk: { width: 1280, height: 900 },
} as const
const SCHEMES = ['light', 'dark'] as const

const SOURCE = Object.values(inPage).map(String).join('\n')
const faultsSchema = z.array(z.string())

/** What is wrong, and where; nothing where all is well. `buttons`: a selector of what must be as large as a finger. */
export async function look(page: Page, buttons: string): Promise<string[]> {
  const found: string[] = []
  for (const [screen, size] of Object.entries(SCREENS)) {
    await page.setViewportSize(size)
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme })
      const faults = await ask(page, `findFaults(${JSON.stringify(buttons)})`)
      found.push(...faults.map((fault) => `${screen}, ${colorScheme}: ${fault}`))
    }
  }
  return found
}

/** What of a mail runs or loads something. */
export function activeParts(page: Page): Promise<string[]> {
  return ask(page, 'findActiveParts()')
}

async function ask(page: Page, question: string): Promise<string[]> {
  return faultsSchema.parse(await page.evaluate(`(() => {${SOURCE}\nreturn ${question}})()`))
}

/** Throws with every fault, where there is one. */
export function expectNone(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error([...new Set(faults)].join('\n      '))
}
