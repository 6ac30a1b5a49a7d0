import { parse } from 'tldts'
import { describe, expect, it } from 'vitest'
import list from '#lists/public-suffixes.bin'
import { encodeRules, listRules } from '../../scripts/public-suffix-rules.ts'
import { inflateText } from '../../src/lib/deflated-text.ts'
import { registrableDomain } from '../../src/lib/public-suffix.ts'
import { parseWebsite } from '../../src/lib/website.ts'
import { seededRandom } from '../durable-objects/seeded-random.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

const RULES = listRules()
const SEED = 20_261_020
const RANDOM_HOSTS = 20_000
/** Wide, as other work shares the machine: a signup may take two seconds of CPU time (`cpu_ms` in wrangler.toml). */
const FIRST_LOOKUP_MS = 1_000

/** What the library that the list comes from says, in our words. */
function byTldts(host: string): ReturnType<typeof registrableDomain> {
  const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false }
  const { domain, domainWithoutSuffix: label, isPrivate } = parse(host, options)
  if (domain === null || label === null || isPrivate === null) return undefined
  return { domain, label, isPrivate }
}

/** Hosts on which both disagree, with both answers; at most ten, as one mistake makes thousands. */
function disagreements(hosts: Iterable<string>) {
  const found: unknown[] = []
  for (const host of hosts) {
    const [ours, theirs] = [registrableDomain(host), byTldts(host)]
    if (JSON.stringify(ours) !== JSON.stringify(theirs)) found.push({ host, ours, theirs })
    if (found.length === 10) break
  }
  return found
}

/** As it is in DNS, which is what parseWebsite hands on. */
const toAscii = (name: string) => new URL(`http://${name}`).hostname

/** The suffix, what stands beneath it, and what stands above it; `*` filled in, so that none of it is a name. */
function hostsAround(rule: string): string[] {
  const name = toAscii(rule.replace('*', 'any'))
  const parent = name.slice(name.indexOf('.') + 1)
  return [name, `a.${name}`, `b.a.${name}`, `c.b.a.${name}`, parent, `a.${parent}`, `b.a.${parent}`]
}

describe('registrableDomain works', () => {
  it('tells how long the first look-up takes, which decodes the list', () => {
    const start = performance.now()
    expect(registrableDomain('www.apex.co.uk')?.domain).toBe('apex.co.uk')
    const took = performance.now() - start
    console.info(`first look-up of a public suffix: ${took.toFixed(1)} ms`)
    expect(took).toBeLessThan(FIRST_LOOKUP_MS)
  })

  it.each([
    ['apex.example', 'apex.example', 'apex', false],
    ['a.b.apex.unheard-of', 'apex.unheard-of', 'apex', false],
    ['www.apex.com', 'apex.com', 'apex', false],
    ['a.apex.co.uk', 'apex.co.uk', 'apex', false],
    ['a.apex.github.io', 'apex.github.io', 'apex', true],
    ['github.com', 'github.com', 'github', false],
    ['a.any.thing.ck', 'any.thing.ck', 'any', false],
    ['a.www.ck', 'www.ck', 'www', false],
    ['a.city.kobe.jp', 'city.kobe.jp', 'city', false],
    ['a.apex.ward.kobe.jp', 'apex.ward.kobe.jp', 'apex', false],
    ['a.apex.xn--55qx5d.cn', 'apex.xn--55qx5d.cn', 'apex', false],
  ])('finds in %s the domain %s', (host, domain, label, isPrivate) => {
    expect(registrableDomain(host)).toEqual({ domain, label, isPrivate })
  })

  it.each(['com', 'unheard-of', 'co.uk', 'github.io', 'ck', 'thing.ck', 'ward.kobe.jp'])(
    'finds no domain in %s, which is a suffix',
    (host) => {
      expect(registrableDomain(host)).toBeUndefined()
    },
  )
})

describe('registrableDomain agrees with tldts', () => {
  it('around every rule of the list', () => {
    expect(RULES.length).toBeGreaterThan(10_000)
    expect(disagreements(RULES.flatMap(({ name }) => hostsAround(name)))).toEqual([])
  })

  it('next to every wildcard and every exception', () => {
    const wildcards = RULES.filter(({ name }) => name.startsWith('*.'))
    const exceptions = RULES.filter(({ kind }) => kind === 'exception')
    expect(wildcards.length).toBeGreaterThan(100)
    expect(exceptions.length).toBeGreaterThan(5)
    // A name that the list has elsewhere, and one that only looks like the exception.
    const beside = wildcards.flatMap(({ name }) =>
      ['com', 'www', 'co'].map((a) => a + name.slice(1)),
    )
    const alike = exceptions.flatMap(({ name }) => [`x${name}`, `${name}.com`, `a.b.${name}`])
    expect(disagreements([...beside, ...alike].flatMap(hostsAround))).toEqual([])
  })

  it(`on ${RANDOM_HOSTS} hosts made of labels of the list, seed ${SEED}`, () => {
    const random = seededRandom(SEED)
    const labels = ['a', 'apex', 'xn--bcher-kva', '0', 'a-b']
    const names = RULES.map(({ name }) => name.replace('*', 'any')).filter((name) =>
      /^[a-z0-9.-]+$/.test(name),
    )
    const pick = (list: readonly string[]) => list[random.below(list.length)] ?? ''
    const host = () => {
      const parts = Array.from({ length: random.below(4) + 1 }, () =>
        random.below(3) === 0 ? pick(labels) : pick(pick(names).split('.')),
      )
      return [...parts, pick(names)].join('.')
    }
    const hosts = Array.from({ length: RANDOM_HOSTS }, host)
    expect(disagreements(hosts)).toEqual([])
    // Neither is the comparison one of empty answers, nor are these hosts that parseWebsite keeps away.
    expect(hosts.filter((name) => registrableDomain(name)).length).toBeGreaterThan(RANDOM_HOSTS / 2)
    expect(hosts.filter((name) => parseWebsite(name)).length).toBeGreaterThan(RANDOM_HOSTS / 2)
  })
})

describe('the list of public suffixes', () => {
  it('is what scripts/generate-public-suffixes.ts makes of the installed tldts', () => {
    expect(inflateText(list) === encodeRules(RULES)).toBe(true)
  })

  it('has every internationalised rule in A-labels, so that the other spelling can be left out', () => {
    const known = new Set(RULES.map(({ name }) => name))
    const foreign = RULES.filter(({ name }) => /[^a-z0-9.*-]/.test(name))
    expect(foreign.length).toBeGreaterThan(100)
    expect(foreign.filter(({ name }) => !known.has(toAscii(name)))).toEqual([])
  })
})

describe('registrableDomain is safe', () => {
  it.each(HOSTILE_TEXTS)('reads 50 000 %s at once', (_, text) => {
    expectQuick(() => registrableDomain(text))
    expectQuick(() => registrableDomain(`${text}.co.uk`))
  })

  it.each(['constructor', '__proto__', 'a.constructor', 'a.__proto__', 'a.toString.uk'])(
    'takes %s for a name like any other',
    (host) => {
      expect(disagreements([host])).toEqual([])
    },
  )
})
