/// <reference types="vite/types/importMeta.d.ts" />
/** The rules of the house that no compiler knows: who may import whom, and what each route must have. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../src/http/error-codes.ts'
import { type Document, documented, openApiDocument } from './http/open-api-document.ts'
import { isUnsafe, routeList } from './http/route-list.ts'
import { API } from './support/call.ts'

const FILES = import.meta.glob<string>('../src/**/*.{ts,tsx}', {
  query: '?raw',
  import: 'default',
  eager: true,
})

const DOCS = import.meta.glob<string>('../docs/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
})

interface Source {
  /** Beneath src. */
  path: string
  text: string
  /** Without comments: a rule that is talked about is not broken. */
  code: string
  /** Imported files as paths beneath src; packages by their name. */
  imports: string[]
}

const SOURCES: Source[] = Object.entries(FILES)
  .map(([name, text]) => ({ path: name.replace('../src/', ''), text }))
  // Generated.
  .filter(({ path }) => path !== 'worker-env.d.ts')
  .map(({ path, text }) => ({
    path,
    text,
    code: withoutComments(text),
    imports: importsOf(path, text),
  }))

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import|import\()\s*'([^']+)'/g)]
  return specifiers.map(([, name = '']) => {
    if (!name.startsWith('.')) return name
    return new URL(name, `file:///${path}`).pathname.slice(1)
  })
}

/** `path: what` of everything that breaks a rule; empty where all is well. */
const breaches = (find: (source: Source) => string[]) =>
  SOURCES.flatMap((source) => find(source).map((what) => `${source.path}: ${what}`))

const matches = (pattern: RegExp, except: readonly string[] = []) =>
  breaches(({ path, code }) =>
    except.includes(path) ? [] : [...code.matchAll(pattern)].map(([found]) => found.trim()),
  )

const featureOf = (path: string) => /^features\/([^/]+)\//.exec(path)?.[1]

/** What a feature shows to others beside its service: pure rules, views and prepared statements. */
const SHARED = [
  'sessions/authenticated-session.ts',
  'sessions/tokens.ts',
  'sessions/views.ts',
  'sessions/living.ts',
  'sessions/presented-token.ts',
  'new-device/notice.ts',
  'passwords/reset-link.ts',
  'passwords/account-link.ts',
  'one-time-codes/account-code.ts',
  'login/outcomes.ts',
  'signup/pending.ts',
  'signup/risk.ts',
  'email-verification/verification-token.ts',
  'communities/activation.ts',
  'communities/closing.ts',
  'communities/profile-fields.ts',
  'logos/garbage.ts',
  'logos/logo-store.ts',
  'logos/picture.ts',
  'logos/version.ts',
  'passwords/new-password.ts',
  'passwords/prove-identity.ts',
  'passwords/evidence.ts',
  'sessions/opening.ts',
  'sessions/answer.ts',
  'login/gates.ts',
  'login/login-account.ts',
  'login/lock.ts',
  'account/addresses.ts',
  'email-verification/redemption.ts',
]

describe('these tests', () => {
  it('see the sources', () => {
    expect(SOURCES.length).toBeGreaterThan(100)
    const app = SOURCES.find(({ path }) => path === 'app.ts')
    expect(app?.imports).toEqual(
      expect.arrayContaining(['hono', 'http/errors.ts', 'features/login/routes.ts']),
    )
    expect(withoutComments('a // b\n/* c */ d /** e\n */ f')).toBe('a \n d  f')
  })
})

describe('imports run one way', () => {
  it('lib/ imports nothing of ours but lib/', () => {
    expect(
      breaches(({ path, imports }) =>
        path.startsWith('lib/')
          ? imports.filter((name) => name.endsWith('.ts') && !name.startsWith('lib/'))
          : [],
      ),
    ).toEqual([])
  })

  it('db/ knows no feature and no HTTP', () => {
    expect(
      breaches(({ path, imports }) =>
        path.startsWith('db/')
          ? imports.filter((name) => /^(features|http|middleware|mail|hono)/.test(name))
          : [],
      ),
    ).toEqual([])
  })

  it('a feature is reached by its service or by what it shares, never by its repository', () => {
    const isOpen = (name: string) =>
      name.endsWith('/service.ts') || SHARED.includes(name.replace('features/', ''))
    expect(
      breaches(({ path, imports }) =>
        imports.filter((name) => {
          const owner = featureOf(name)
          if (owner === undefined || owner === featureOf(path) || isOpen(name)) return false
          return !(path === 'app.ts' && name.endsWith('/routes.ts'))
        }),
      ),
    ).toEqual([])
  })

  it('what a feature shares is there and is used', () => {
    const used = new Set(SOURCES.flatMap(({ imports }) => imports))
    for (const name of SHARED) expect(used).toContain(`features/${name}`)
  })

  it('a service never knows its routes, a repository neither of them', () => {
    expect(
      breaches(({ path, imports }) => {
        const own = imports.filter((name) => featureOf(name) === featureOf(path))
        if (path.endsWith('/service.ts')) return own.filter((name) => name.endsWith('/routes.ts'))
        if (!/^features\/.*\/repository\.ts$/.test(path)) return []
        return own.filter((name) => /\/(routes|service)\.ts$/.test(name))
      }),
    ).toEqual([])
  })

  it('no file imports itself through others', () => {
    const graph = new Map(SOURCES.map(({ path, text }) => [path, valueImportsOf(path, text)]))
    const circles: string[] = []
    const visit = (path: string, trail: string[]) => {
      if (trail.includes(path)) return void circles.push([...trail, path].join(' → '))
      if (visited.has(path)) return
      for (const name of graph.get(path) ?? []) visit(name, [...trail, path])
      visited.add(path)
    }
    const visited = new Set<string>()
    for (const path of graph.keys()) visit(path, [])
    expect(circles).toEqual([])
  })
})

/** Imports that are there at run time. */
function valueImportsOf(path: string, text: string): string[] {
  const values = text
    .replaceAll(/import type [^;]*?from '[^']+'/g, '')
    .replaceAll(/import\('[^']+'\)/g, '')
  return importsOf(path, values).filter((name) => name.endsWith('.ts') || name.endsWith('.tsx'))
}

describe('one door for each thing', () => {
  it('only http/validate.ts imports @hono/zod-validator', () => {
    const importers = SOURCES.filter(({ imports }) => imports.includes('@hono/zod-validator'))
    expect(importers.map(({ path }) => path)).toEqual(['http/validate.ts'])
  })

  it('only config.ts reads variables and secrets', () => {
    const config = SOURCES.find(({ path }) => path === 'config.ts')?.code ?? ''
    const names = [...config.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name)
    expect(names).toEqual(expect.arrayContaining(['AUTH_SECRETS', 'LOG_LEVEL']))
    const read = new RegExp(`\\benv(\\.|\\[['"])(${names.join('|')})\\b|process\\.env`, 'gi')
    expect(matches(read, ['config.ts'])).toEqual([])
  })

  it('only lib/clock.ts reads the clock', () => {
    const clock = /\bDate\.now\b|\bnew Date\(\s*\)/g
    expect(matches(clock, ['lib/clock.ts'])).toEqual([])
  })

  it('only features/passwords/new-password.ts judges a password that is set', () => {
    const door = 'features/passwords/new-password.ts'
    expect(SOURCES.find(({ path }) => path === door)?.code).toContain('checkPassword(')
    expect(matches(/\bcheckPassword\b/g, [door, 'lib/password-policy.ts'])).toEqual([])
    const lookups = matches(/\.isBreached\b/g, [door])
    expect(lookups).toEqual([])
  })

  it('only log.ts writes to the console', () => {
    expect(matches(/\bconsole\.\w+/g, ['log.ts'])).toEqual([])
  })

  it('only db/client.ts reads the text of an error, but for the name of an outage', () => {
    expect(matches(/constraint failed/gi, ['db/client.ts'])).toEqual([])
  })

  it('a body is read through the validator alone', () => {
    expect(matches(/\bc\.req\.(json|parseBody|formData|blob|arrayBuffer)\(/g)).toEqual([])
  })

  it('an address of a client is read from CF-Connecting-IP alone', () => {
    expect(matches(/x-forwarded|x-real-ip|true-client-ip|['"]forwarded['"]/gi)).toEqual([])
    const readers = SOURCES.filter(({ code }) => code.includes('CF-Connecting-IP'))
    expect(readers.map(({ path }) => path).sort()).toEqual([
      'http/client-info.ts',
      'middleware/rate-limit.ts',
    ])
  })
})

describe('the code keeps away from', () => {
  it.each<[string, RegExp, string[]]>([
    ['interactive transactions', /\.transaction\(/g, []],
    ['raw statements, which lose their parameters in a batch', /\bdb\.(run|all|get|values)\(/g, []],
    ['relational queries, which throw in a batch', /\bdb\.query\./g, []],
    ['sql.raw with a value', /\bsql\.raw\(/g, ['db/schema/memberships.ts']],
    ['identifiers made of values', /\bsql\.identifier\((?!column\))/g, []],
    ['Math.random', /\bMath\.random\b/g, []],
    ['the import that pulls all of zod in', /import \{[^}]*\bz\b[^}]*\} from 'zod'/g, []],
    ['eval', /\beval\(|new Function\(/g, []],
    ['suppressed warnings', /biome-ignore|@ts-ignore|@ts-expect-error|eslint-disable/g, []],
    ['default exports', /^export default\b/gm, ['index.ts']],
    ['ON DELETE CASCADE', /onDelete|onUpdate/g, []],
    ['redirects', /\bc\.redirect\(/g, []],
  ])('%s', (_, pattern, except) => {
    expect(matches(pattern, except)).toEqual([])
    const suppressed = SOURCES.filter(({ text }) => /biome-ignore|@ts-/.test(text))
    expect(suppressed.map(({ path }) => path)).toEqual([])
  })

  it('sql.identifier but for the names of columns that the type lists', () => {
    expect(matches(/\bsql\.identifier\(/g)).toEqual([
      'features/email-verification/redemption.ts: sql.identifier(',
    ])
  })

  it('files of more than 350 lines', () => {
    expect(
      breaches(({ text }) => {
        const lines = text.split('\n').length - 1
        return lines > 350 ? [`${lines} lines`] : []
      }),
    ).toEqual([])
  })

  it('barrels and drawers', () => {
    const drawers = SOURCES.filter(({ path }) =>
      /(^|\/)(utils?|helpers?|common|misc)(\/|\.)/.test(path),
    )
    expect(drawers.map(({ path }) => path)).toEqual([])
    const barrels = SOURCES.filter(({ code }) => /^export \* from/m.test(code))
    expect(barrels.map(({ path }) => path)).toEqual(['db/schema/index.ts'])
  })

  it('notes to come back to', () => {
    expect(breaches(({ text }) => text.match(/\b(TODO|FIXME|XXX|HACK)\b/g) ?? [])).toEqual([])
  })
})

describe('every route under /api', () => {
  const ROUTES = routeList().filter(({ path }) => path.startsWith('/api'))
  const UNSAFE = ROUTES.filter(isUnsafe)
  let document: Document

  beforeAll(async () => {
    document = await openApiDocument()
  })

  it('is under the one version', () => {
    expect(ROUTES.length).toBeGreaterThan(5)
    for (const { path } of ROUTES) expect(path.startsWith(`${API}/`)).toBe(true)
  })

  it.each(ROUTES)('describes itself first: $method $path', ({ method, path, steps }) => {
    expect(steps[0]).toBe('describeRoute')
    expect(document.paths[documented(path)]?.[method.toLowerCase()]?.summary).toBeTruthy()
  })

  it('describes itself in words that a bundle without the document leaves out', () => {
    // Write `describe(HAS_DOCUMENT && {…})`.
    const bare = SOURCES.filter(({ path, code }) => {
      const isDeployed = path.endsWith('/routes.ts') && path !== 'features/dev-mail/routes.ts'
      return isDeployed && /\bdescribe(Plain)?\((?!\s*HAS_DOCUMENT && \{)/.test(code)
    })
    expect(bare.map(({ path }) => path)).toEqual([])
  })

  it.each(UNSAFE)(
    'has an IP limit, then the guard against foreign pages: $method $path',
    ({ method, path, steps }) => {
      // A genuine token is never limited here, so that no 429 makes a client repeat it: only refusals are counted.
      const asksNoLimiter = [
        'POST /auth/refresh',
        'POST /auth/logout',
        'POST /auth/logout-all',
      ].includes(`${method} ${path.slice(API.length)}`)
      expect(steps[1]).toMatch(asksNoLimiter ? /^limitRefusedIp$/ : /^limitClientIp(Beside)?$/)
      expect(steps[2]).toBe('csrfGuard')
    },
  )

  it.each(ROUTES)('asks who it is before it looks at the body: $method $path', ({ steps }) => {
    const who = steps.indexOf('authenticateRequest')
    const may = steps.indexOf('permitRole')
    const validated = steps.indexOf('validateInput')
    // Who is signed in may nothing by that alone: the line names a permission.
    expect(may).toBe(who < 0 ? -1 : who + 1)
    if (who >= 0 && validated >= 0) expect(who).toBeLessThan(validated)
  })

  it.each(ROUTES)('validates what it takes: $method $path', ({ method, path, steps }) => {
    const operation = document.paths[documented(path)]?.[method.toLowerCase()]
    const takes = Number(operation?.requestBody !== undefined) + Number(path.includes(':'))
    const judges = ['validateInput', 'takeUploadedFile']
    const validators = steps.filter((step) => judges.includes(step)).length
    expect(validators).toBeGreaterThanOrEqual(takes)
    const takesNothing = [`${API}/account/code`].includes(path)
    if (isUnsafe({ method, path, url: path, steps })) {
      expect(validators > 0).toBe(!takesNothing)
    }
  })

  it.each(ROUTES.filter(({ path }) => path.startsWith(`${API}/admin/`)))(
    'is for admins alone: $method $path',
    ({ steps }) => {
      expect(steps).toEqual(expect.arrayContaining(['authenticateRequest', 'permitRole']))
    },
  )

  it('is public only where it is listed here', () => {
    const open = ROUTES.filter(({ steps }) => !steps.includes('authenticateRequest'))
    expect(open.map(({ method, path }) => `${method} ${path.slice(API.length)}`).sort()).toEqual([
      'GET /auth/csrf',
      'GET /communities/:community',
      'GET /communities/:community/logo',
      'POST /auth/accept-invite',
      'POST /auth/forgot-password',
      'POST /auth/login',
      'POST /auth/logout',
      'POST /auth/logout-all',
      'POST /auth/not-me',
      'POST /auth/refresh',
      'POST /auth/resend-verification',
      'POST /auth/reset-password',
      'POST /auth/revert-email',
      'POST /auth/send-otp',
      'POST /auth/send-signup-otp',
      'POST /auth/signup-community',
      'POST /auth/verify-email',
      'POST /auth/verify-magic',
      'POST /auth/verify-otp',
      'POST /auth/verify-reset-token',
    ])
  })
})

describe('docs/error-codes.md', () => {
  const page = DOCS['../docs/error-codes.md'] ?? ''
  const rows = page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => /^`\w+`$/.test(cells[1] ?? ''))

  it.each(Object.entries(ERROR_CODES))('has a row for %s with its status', (code, { status }) => {
    const found = rows.filter((cells) => cells[1] === `\`${code}\``)
    expect(found).toHaveLength(1)
    expect(found[0]?.[2]).toBe(String(status))
    for (const cell of found[0]?.slice(3, -1) ?? []) expect(cell.length).toBeGreaterThan(10)
  })

  it('has no row for a code that does not exist', () => {
    const known = Object.keys(ERROR_CODES).map((code) => `\`${code}\``)
    expect(rows.map((cells) => cells[1]).filter((code) => !known.includes(code ?? ''))).toEqual([])
  })
})
