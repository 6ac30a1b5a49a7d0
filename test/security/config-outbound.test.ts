/** docs/communications.md beside the code: whom the Worker may ask, for how long, how often, and nobody else. */
import { describe, expect, it } from 'vitest'
import { codeOf, DOCS, rootFile, SOURCES, section, tableRows, WRANGLER } from './read-sources.ts'

const PAGE = DOCS['communications.md'] ?? ''
const WITHIN = tableRows(section(PAGE, 'Within the account'))
const ASSETS = WITHIN.findIndex(([cell = '']) => cell.includes('`ASSETS`'))
const BEYOND = tableRows(section(PAGE, 'Beyond it'))

/** What runs in the Worker; scripts of our own pages run in a browser. */
const IN_BROWSERS = ['features/dev-mail/page.tsx', 'features/dev-mail/link-pages.tsx']
const CALLERS = [
  'lib/breaches.ts',
  'lib/sentry.ts',
  'lib/turnstile.ts',
  'mail/providers/post-json.ts',
]
const PATHS = Object.keys(SOURCES).filter((path) => !IN_BROWSERS.includes(path))

const usersOf = (pattern: RegExp) => PATHS.filter((path) => pattern.test(codeOf(path))).sort()

/** `const NAME = 1_500`, also with a factor. */
function constantOf(path: string, name: string): number {
  const [, text = ''] = new RegExp(`const ${name} = ([\\d_ *]+)`).exec(codeOf(path)) ?? []
  return text
    .split('*')
    .map((factor) => Number(factor.replaceAll('_', '')))
    .reduce((product, factor) => product * factor, 1)
}

describe('calls beyond the account', () => {
  it('are made in the modules listed here alone, by the fetch of the platform', () => {
    expect(
      usersOf(/(?<![.\w])fetch\((?!request, env)/).filter((path) => path !== 'index.ts'),
    ).toEqual(CALLERS)
    expect(
      usersOf(/XMLHttpRequest|WebSocket\(|EventSource|cloudflare:sockets|node:https?|node:net/),
    ).toEqual([])
  })

  it('go to the hosts of the page, each by HTTPS, and to no other', () => {
    const files = ['resend', 'postmark'].map((name) => `mail/providers/${name}.ts`)
    const found = [...files, ...CALLERS].flatMap((path) =>
      [...codeOf(path).matchAll(/_URL = '([^']+)'/g)].map(([, url = '']) => new URL(url)),
    )
    expect(found).toHaveLength(4)
    for (const url of found) expect(url.protocol).toBe('https:')
    const listed = BEYOND.flatMap(([cell = '']) =>
      [...cell.matchAll(/`([a-z.]+\.[a-z]+)`/g)].map(([, host = '']) => host),
    )
    expect(found.map(({ host }) => host).sort()).toEqual(listed.sort())
  })

  it('follow no redirect and end after a time: every one of them says so', () => {
    for (const path of CALLERS) {
      const calls = codeOf(path).match(/(?<![.\w])fetch\([\s\S]*?\n {4}\}\)/g) ?? []
      expect({ path, calls: calls.length }).toEqual({ path, calls: 1 })
      for (const call of calls) {
        expect(call).toContain("redirect: 'manual'")
        expect(call).toContain('signal: AbortSignal.timeout(')
      }
    }
  })

  it('take the times and attempts that the page names', () => {
    const facts: [at: number, path: string, name: string, value: number, words: string][] = [
      [0, 'mail/providers/post-json.ts', 'PROVIDER_TIMEOUT_MS', 10_000, '10 s'],
      [0, 'mail/consumer-delivery.ts', 'MAX_ATTEMPTS', 30, 'up to 30'],
      [0, 'mail/consumer-delivery.ts', 'GIVE_UP_AFTER_MS', 86_400_000, 'in 24 hours'],
      [0, 'mail/retry-delay.ts', 'FIRST_DELAY_SECONDS', 10, 'after 10 s'],
      [0, 'mail/retry-delay.ts', 'MAX_DELAY_SECONDS', 3600, 'up to an hour'],
      [1, 'lib/breaches.ts', 'TIMEOUT_MS', 1500, '1.5 s'],
      [2, 'lib/turnstile.ts', 'TIMEOUT_MS', 3000, '3 s'],
      [3, 'mail/providers/post-json.ts', 'PROVIDER_TIMEOUT_MS', 10_000, '10 s'],
      [4, 'lib/sentry.ts', 'TIMEOUT_MS', 2000, '2 s'],
      [4, 'lib/sentry.ts', 'PER_MINUTE', 20, '20 a minute'],
    ]
    for (const [at, path, name, value, words] of facts) {
      expect({ name, value: constantOf(path, name) }).toEqual({ name, value })
      expect(BEYOND[at]?.join(' ')).toContain(words)
    }
  })

  it('never go to an address that a client chose', () => {
    for (const path of CALLERS) expect(codeOf(path)).not.toMatch(/http\/|hono|c\.req|website/)
    const addresses = usersOf(/\bapiUrl\b|\bbaseUrl\b/)
    expect(addresses).toEqual([
      'config.ts',
      'deps.ts',
      'lib/breaches.ts',
      'lib/turnstile.ts',
      'mail/providers/post-json.ts',
      'mail/providers/postmark.ts',
      'mail/providers/provider.ts',
      'mail/providers/resend.ts',
    ])
  })
})

describe('calls within the account', () => {
  it('go by bindings, each of which the page lists', () => {
    const [top = ''] = WRANGLER.split(/^\[env\.staging\]$/m)
    const bindings = [
      ...[...top.matchAll(/^binding = "([A-Z_]+)"/gm)],
      ...[...top.matchAll(/\{ name = "([A-Z_]+)"/g)],
    ].map(([, name = '']) => name)
    const listed = WITHIN.map(([cell = '']) => /`([A-Z_]+)`/.exec(cell)?.[1] ?? cell)
    expect([...new Set(listed)].sort()).toEqual([...new Set(bindings)].sort())
    expect(WRANGLER).not.toMatch(
      /hyperdrive|\bservices\b|mtls|connection_?string|:\/\/[^/\s"]*:[^/\s"]*@/i,
    )
  })

  it('take the times that the page names', () => {
    const facts: [at: number, path: string, name: string, value: number, words: string][] = [
      [1, 'durable-objects/limits.ts', 'TIMEOUT_MS', 3000, '3 s'],
      [2, 'durable-objects/guard.ts', 'TIMEOUT_MS', 3000, '3 s;'],
      [2, 'durable-objects/guard.ts', 'BEGIN_TIMEOUT_MS', 8000, '8 s'],
      [2, 'durable-objects/account-guard.ts', 'PATIENCE_MS', 5000, 'up to 5 s'],
      [ASSETS, 'http/assets.ts', 'TIMEOUT_MS', 3000, '3 s'],
      [3, 'scheduled/sweep-outbox.ts', 'GRACE_MS', 120_000, 'two minutes'],
    ]
    for (const [at, path, name, value, words] of facts) {
      expect({ name, value: constantOf(path, name) }).toEqual({ name, value })
      expect(WITHIN[at]?.join(' ')).toContain(words)
    }
    const consumers = [...WRANGLER.matchAll(/max_batch_size = (\d+)\n.*\nmax_retries = (\d+)/g)]
    expect(consumers.map(([, size, retries]) => [size, retries])).toEqual(
      Array.from({ length: 6 }, () => ['10', '10']),
    )
    expect(WITHIN[3]?.join(' ')).toContain('10 a batch, 10 retries')
  })

  it('need no other package that could open a connection', () => {
    const { dependencies } = JSON.parse(rootFile('package.json')) as {
      dependencies: Record<string, string>
    }
    const clients =
      /axios|undici|node-fetch|got|request|superagent|nodemailer|aws|pg|mysql|redis|ws$/
    expect(Object.keys(dependencies).filter((name) => clients.test(name))).toEqual([])
  })
})
