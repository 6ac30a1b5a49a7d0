/** wrangler.toml: what is deployed shares nothing with a laptop or another environment, and holds no secret. */
import { describe, expect, it } from 'vitest'
import { codeOf, rootFile, SOURCES, WRANGLER } from './read-sources.ts'

const [LOCAL = '', STAGING = '', PRODUCTION = ''] = WRANGLER.split(
  /^(?=\[env\.(?:staging|production)\]$)/m,
)
const ENVIRONMENTS = { staging: STAGING, production: PRODUCTION }

/** Every value of a setting, as it is written. */
const valuesOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`^${name} = "([^"]*)"`, 'gm'))].map(([, value = '']) => value)

const SECRETS = [
  'AUTH_SECRETS',
  'PASSWORD_PEPPERS',
  'LOOKUP_SECRET',
  'JWT_PRIVATE_KEYS',
  'MAIL_API_KEY',
]

describe('each deployed environment', () => {
  it('has a database, bucket and queues of its own', () => {
    for (const name of ['database_name', 'bucket_name', 'queue', 'dead_letter_queue']) {
      const sets = [LOCAL, STAGING, PRODUCTION].map((text) => new Set(valuesOf(text, name)))
      for (const set of sets) expect(set.size).toBeGreaterThan(0)
      const all = sets.flatMap((set) => [...set])
      expect({ name, all: new Set(all).size }).toEqual({ name, all: all.length })
    }
  })

  it('has tokens of its own: another issuer and audience in staging than in production', () => {
    for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE']) {
      const [staging, ...more] = valuesOf(STAGING, name)
      const [production] = valuesOf(PRODUCTION, name)
      expect(more).toEqual([])
      expect(staging).toBeTruthy()
      expect(production).toBeTruthy()
      expect(staging).not.toBe(production)
    }
  })

  it.each(Object.entries(ENVIRONMENTS))(
    '%s demands every secret and names none of their values',
    (_, text) => {
      const [, required = ''] = /required = \[([^\]]*)\]/.exec(text) ?? []
      expect([...required.matchAll(/"(\w+)"/g)].map(([, name]) => name)).toEqual(SECRETS)
      for (const name of [...SECRETS, 'TURNSTILE_SECRET', 'SENTRY_DSN']) {
        expect(text).not.toMatch(new RegExp(`^${name} =`, 'm'))
      }
    },
  )

  it.each(Object.entries(ENVIRONMENTS))('%s keeps logs and traces', (name, text) => {
    for (const section of [`env.${name}.observability`, `env.${name}.observability.traces`]) {
      expect(text).toContain(`[${section}]\nenabled = true\n`)
    }
  })

  it.each(Object.entries(ENVIRONMENTS))(
    '%s sends real mail and looks breached passwords up',
    (_, text) => {
      expect(['resend', 'postmark']).toContain(valuesOf(text, 'MAIL_PROVIDER')[0])
      expect(valuesOf(text, 'BREACH_LOOKUP')).toEqual(['on'])
      for (const name of ['MAIL_API_URL', 'BREACH_API_URL', 'TURNSTILE_API_URL']) {
        expect({ name, values: valuesOf(text, name) }).toEqual({ name, values: [''] })
      }
      for (const url of valuesOf(text, 'FRONTEND_URL')) expect(url).toMatch(/^https:\/\//)
    },
  )

  it('serves nothing but the Worker: no folder of files, and production at no second address', () => {
    // The files of public/ are the Worker's to read; a request reaches it first, whatever its path.
    expect(WRANGLER).not.toMatch(/^\[?(site|pages_build_output_dir)\b/m)
    for (const [name, text] of [
      ['', LOCAL],
      ['env.staging.', STAGING],
      ['env.production.', PRODUCTION],
    ]) {
      expect(text).toContain(
        `[${name}assets]\ndirectory = "public"\nbinding = "ASSETS"\nrun_worker_first = true\n`,
      )
    }
    expect(WRANGLER.match(/assets/g)).toHaveLength(3)
    expect(PRODUCTION).toMatch(/^workers_dev = false$/m)
    for (const text of [LOCAL, STAGING, PRODUCTION]) {
      expect(text).toMatch(/^preview_urls = false$/m)
    }
  })
})

describe('the pages of development', () => {
  const settings = [...WRANGLER.matchAll(/^\[(.*)\]\nHAS_DEV_PAGES = "(\w+)"$/gm)]

  it('are built in on a laptop alone: what is deployed does not carry them', () => {
    expect(settings.map(([, where, value]) => [where, value])).toEqual([
      ['define', 'true'],
      ['env.staging.define', 'false'],
      ['env.production.define', 'false'],
    ])
    expect(WRANGLER.match(/HAS_DEV_PAGES =/g)).toHaveLength(3)
  })

  it('are mounted by that word, and nothing else brings them in', () => {
    const folder = 'features/dev-mail/'
    const users = Object.keys(SOURCES).filter(
      (path) => !path.startsWith(folder) && /dev-mail\/(routes|page|link-pages)/.test(codeOf(path)),
    )
    expect(users).toEqual(['app.ts'])
    expect(codeOf('app.ts').match(/\bdevMailRoutes\b.*/g)).toEqual([
      expect.stringContaining('from'),
      expect.stringMatching(/^devMailRoutes : factory\.createApp\(\)\)/),
    ])
    expect(codeOf('app.ts')).toContain('HAS_DEV_PAGES ? devMailRoutes : factory.createApp()')
  })
})

describe('the words of the OpenAPI document', () => {
  it('are in no Worker: it reads the document from a file', () => {
    expect(WRANGLER.match(/^HAS_DOCUMENT = .*$/gm)).toEqual(
      Array.from({ length: 3 }, () => 'HAS_DOCUMENT = "false"'),
    )
  })
})

describe('a laptop', () => {
  it('serves itself alone', () => {
    expect(LOCAL).toMatch(/^\[dev\]\nip = "127\.0\.0\.1"$/m)
  })
})

describe('the repository', () => {
  it('keeps files of secrets out', () => {
    const ignored = rootFile('.gitignore').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.dev.vars*', '*.env', '.wrangler/']))
  })

  it('holds no secret in its sources or settings', () => {
    const secret =
      /"d":\s*"[A-Za-z0-9_-]{43}"|-----BEGIN [A-Z ]*PRIVATE KEY|\bre_[A-Za-z0-9]{20,}|\b\d:[A-Za-z0-9+/_-]{43}=?\b/
    const texts = {
      ...SOURCES,
      'wrangler.toml': WRANGLER,
      'package.json': rootFile('package.json'),
    }
    const found = Object.entries(texts).filter(([, text]) => secret.test(text))
    expect(found.map(([path]) => path)).toEqual([])
    expect(secret.test(`AUTH_SECRETS="1:${'Ab3_'.repeat(10)}Ab3"`)).toBe(true)
  })
})
