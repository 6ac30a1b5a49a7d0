/**
 * Every mail as the product makes it, in each of its languages, with plain values and with the longest. The list and
 * the renderer are those of test/mail: a template that is missing there fails a test. They are JSX, which Node does not
 * read; the bundler of the tests does.
 */
import { createViteServer } from 'vitest/node'
import { withTemporaryFolder } from '../temporary-folder.ts'
import { ROOT } from '../tools.ts'

type Samples = typeof import('../../test/mail/mail-samples.ts')

export interface MailSample {
  name: string
  /** The same mail with values of different length. */
  htmls: readonly string[]
}

/** Nothing in them that a line could be broken at, and as long as a mail lets them be. */
const WIDE = 'W'.repeat(200)

export function renderMails(): Promise<MailSample[]> {
  return withTemporaryFolder(async (cacheDir) => {
    const server = await createViteServer({
      root: ROOT,
      cacheDir,
      configFile: false,
      logLevel: 'warn',
      appType: 'custom',
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true },
    })
    try {
      return samplesOf((await server.ssrLoadModule('/test/mail/mail-samples.ts')) as Samples)
    } finally {
      await server.close()
    }
  })
}

function samplesOf({ cases, render, PLAIN, LINK }: Samples): MailSample[] {
  const wide = {
    ...PLAIN,
    appName: 'The Gatehouse of Somebody with a Long Name',
    fullName: WIDE,
    communityName: WIDE,
    senderName: WIDE,
    city: WIDE,
    reason: `${WIDE}\n\n${'很'.repeat(1000)}`,
    link: `${LINK}${'x'.repeat(200)}`,
  }
  return cases.map(([template, locale]) => ({
    name: `${template} (${locale})`,
    htmls: [PLAIN, { ...PLAIN, fullName: undefined }, wide].map(
      (values) => render(template, locale, values).html,
    ),
  }))
}
