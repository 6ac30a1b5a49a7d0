/** A browser profile of its own that notes whatever a page complains of, as its developer tools would show it. */
import type { Browser, BrowserContext, Page } from 'playwright-core'

/** Ample for a busy machine. */
const TIMEOUT_MS = 60_000

export interface Visitor {
  page: Page
  /** What the pages have complained of since this was last asked: scripts, policies, requests that left or failed. */
  complaints(): string[]
}

/** Gives a visitor to `work`, and forgets them afterwards. */
export async function withVisitor<T>(
  browser: Browser,
  origin: string,
  work: (visitor: Visitor) => Promise<T>,
  options: { locale?: string } = {},
): Promise<T> {
  const context = await browser.newContext({ baseURL: origin, ...options })
  context.setDefaultTimeout(TIMEOUT_MS)
  context.setDefaultNavigationTimeout(TIMEOUT_MS)
  try {
    const found: string[] = []
    listen(context, origin, found)
    const page = await context.newPage()
    return await work({ page, complaints: () => found.splice(0) })
  } finally {
    await context.close()
  }
}

function listen(context: BrowserContext, origin: string, found: string[]): void {
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') found.push(message.text())
  })
  context.on('weberror', (event) => found.push(String(event.error())))
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) found.push(`asks for ${request.url()}`)
  })
  context.on('response', (response) => {
    if (response.status() >= 400) found.push(`${response.status()} of ${response.url()}`)
  })
}
