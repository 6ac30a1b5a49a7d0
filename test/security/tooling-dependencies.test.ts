/** What is installed, from where, and from which version on: package.json, the lock file and docs/dependencies.md. */
import { describe, expect, it } from 'vitest'
import { column, DOCS, rootFile, SOURCES, section } from './read-sources.ts'

interface Package {
  version: string
  license?: string
  dev?: boolean
  integrity?: string
  resolved?: string
  link?: boolean
  hasInstallScript?: boolean
}

interface Manifest {
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
  overrides: Record<string, string>
  allowScripts: Record<string, boolean>
  scripts: Record<string, string>
}

const MANIFEST = JSON.parse(rootFile('package.json')) as Manifest
const { packages } = JSON.parse(rootFile('package-lock.json')) as {
  packages: Record<string, Package>
}
const INSTALLED = Object.entries(packages).filter(([path]) => path !== '')
const PAGE = DOCS['dependencies.md'] ?? ''
const ASKED = { ...MANIFEST.dependencies, ...MANIFEST.devDependencies }

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 13)

/** Below these a known weakness lies: the newest fix that concerns us. */
const FLOORS: Record<string, string> = {
  // Cookies, CORS, CSRF, JWT, body limit, IP and routing: every advisory up to this version.
  hono: '4.12.34',
  // CVE-2026-39356: identifiers were not escaped.
  'drizzle-orm': '0.45.2',
  // CVE-2026-0933: a command could be injected by an argument.
  wrangler: '4.59.1',
  // CVE-2024-28176: small JWEs that inflate without end.
  jose: '4.15.5',
}

/** a < b, for versions of three numbers. */
function isBelow(a: string, b: string): boolean {
  const parts = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number)
  const [left, right] = [parts(a), parts(b)]
  const at = left.findIndex((part, index) => part !== right[index])
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0)
}

describe('the lock file', () => {
  it('names an exact version and the SHA-512 of every package', () => {
    expect(INSTALLED.length).toBeGreaterThan(50)
    const loose = INSTALLED.filter(
      ([, { version, integrity }]) =>
        !/^\d+\.\d+\.\d+([-+][\w.-]+)?$/.test(version) ||
        !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ''),
    )
    expect(loose.map(([path]) => path)).toEqual([])
  })

  it('takes nothing from git, an address or a folder', () => {
    const elsewhere = INSTALLED.filter(([, { resolved, link }]) => resolved !== undefined || link)
    expect(elsewhere.map(([path]) => path)).toEqual([])
    for (const range of [...Object.values(ASKED), ...Object.values(MANIFEST.overrides)]) {
      expect(range).toMatch(/^\d+\.\d+\.\d+$/)
    }
  })

  it('agrees with package.json', () => {
    for (const [name, version] of Object.entries(ASKED)) {
      expect({ name, version: packages[`node_modules/${name}`]?.version }).toEqual({
        name,
        version,
      })
    }
  })

  it('lets no other package run a script as it is installed than package.json allows', () => {
    const running = INSTALLED.filter(([, { hasInstallScript }]) => hasInstallScript)
    const names = new Set(running.map(([path]) => nameOf(path)))
    const allowed = Object.entries(MANIFEST.allowScripts).filter(([, isAllowed]) => isAllowed)
    expect([...names].sort()).toEqual(allowed.map(([name]) => name).sort())
  })
})

describe('the browser of the tests', () => {
  it('is driven by a tool of development, brings no browser along and reaches no source', () => {
    const { license, dev, version, hasInstallScript } =
      packages['node_modules/playwright-core'] ?? {}
    expect({ license, dev, version, hasInstallScript }).toEqual({
      license: 'Apache-2.0',
      dev: true,
      version: MANIFEST.devDependencies['playwright-core'],
      hasInstallScript: undefined,
    })
    expect(Object.values(SOURCES).filter((text) => text.includes('playwright'))).toEqual([])
  })
})

describe('a known weakness', () => {
  it('is below every installed version of what had one', () => {
    expect(isBelow('4.12.33', '4.12.34')).toBe(true)
    expect(isBelow('4.13.0', '4.12.34')).toBe(false)
    expect(isBelow('4.12.34', '4.12.34')).toBe(false)
    for (const [name, floor] of Object.entries(FLOORS)) {
      const versions = INSTALLED.filter(([path]) => nameOf(path) === name)
      expect({ name, installed: versions.length > 0 }).toEqual({ name, installed: true })
      for (const [path, { version }] of versions) {
        expect({ path, version, isBelow: isBelow(version, floor) }).toMatchObject({
          isBelow: false,
        })
      }
    }
  })
})

describe('docs/dependencies.md', () => {
  it('has a line for each runtime dependency: why, licence and size, and none for others', () => {
    const [table = ''] = PAGE.split('## Keeping them safe')
    expect(column(table, 0).sort()).toEqual(Object.keys(MANIFEST.dependencies).sort())
    for (const at of [1, 2, 3]) {
      for (const cell of column(table, at)) expect(cell.length).toBeGreaterThan(2)
    }
  })

  it('says by when each severity is patched', () => {
    const deadlines = section(PAGE, 'Keeping them safe')
    expect(column(deadlines, 0)).toEqual(expect.arrayContaining(['critical', 'high']))
    for (const at of [1, 2]) {
      for (const cell of column(deadlines, at)) expect(cell).toMatch(/\d+ (hours|days)/)
    }
  })

  it('tells how the bill of materials is made, by a script that reads the lock file alone', () => {
    const [, script = ''] = /npm run (?:--silent )?(sbom)\b/.exec(PAGE) ?? []
    const command = MANIFEST.scripts[script]
    expect(command).toMatch(/^npm sbom .*--package-lock-only/)
    expect(command).toContain('--sbom-format=cyclonedx')
  })

  it('names risky components, dangerous and expensive functions', () => {
    const care = section(PAGE, 'Where care is due')
    const named = ['Risky components', 'Dangerous functions', 'Expensive functions']
    for (const name of named) expect(care).toContain(`**${name}**`)
    for (const part of ['hono', 'drizzle-orm', '@phi-ag/argon2', 'bcryptjs', 'fflate']) {
      expect(column(care, 0)).toContain(part)
    }
  })
})
