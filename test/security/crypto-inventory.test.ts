/** docs/cryptography.md beside the code: no key, secret or algorithm is used that the page does not list. */
import { describe, expect, it } from 'vitest'
import { codeOf, column, DOCS, rootFile, SOURCES, section, WRANGLER } from './read-sources.ts'

const PAGE = DOCS['cryptography.md'] ?? ''

const unquote = (cell: string) => cell.replaceAll('`', '')

/** Sources that match, as the page writes them. */
const usersOf = (pattern: RegExp) =>
  Object.keys(SOURCES)
    .filter((path) => pattern.test(codeOf(path)))
    .map((path) => `src/${path}`)
    .sort()

/** Comparisons of two values that we keep ourselves: nobody sends either of them. */
const TWO_OF_OURS = ['features/passwords/prove-identity.ts: hash, judgedHash']

describe('docs/cryptography.md', () => {
  it('lists each purpose for which a key is derived, and no other', () => {
    const [, union = ''] = /type KeyPurpose =([\s\S]*?)\n\n/.exec(codeOf('lib/key-ring.ts')) ?? []
    const purposes = [...union.matchAll(/'([^']+)'/g)].map(([, name = '']) => name)
    expect(purposes).toContain('refresh.successor')
    const listed = column(section(PAGE, 'Keys derived from AUTH_SECRETS'), 0).map(unquote)
    expect(listed.sort()).toEqual(purposes.sort())
  })

  it('lists each secret that a deployment has, and no other', () => {
    const lists = [...WRANGLER.matchAll(/required = \[([^\]]*)\]/g)].map(([, names = '']) => names)
    expect(lists).toHaveLength(3)
    const required = lists.flatMap((names) => [...names.matchAll(/"([A-Z_]+)"/g)])
    const names = new Set(required.map(([, name = '']) => name))
    // Says which environment it is; optional ones are in no list of required names.
    names.delete('ENVIRONMENT')
    names.add('TURNSTILE_SECRET')
    names.add('ALERT_WEBHOOK_SECRET')
    const listed = column(section(PAGE, 'Secrets'), 0).map(unquote)
    expect(listed.sort()).toEqual([...names].sort())
  })

  it('says of each secret how it is made, changed and destroyed', () => {
    for (const at of [1, 2, 3, 4]) {
      const cells = column(section(PAGE, 'Secrets'), at)
      expect(cells).toHaveLength(7)
      for (const cell of cells) expect(cell.length).toBeGreaterThan(4)
    }
  })

  it('names each module that uses cryptography, and no other does', () => {
    const listed = [...section(PAGE, 'Algorithms').matchAll(/^\|.*\|$/gm)].flatMap(([row]) =>
      [...row.matchAll(/`(src\/[^`]+)`/g)].map(([, path = '']) => path),
    )
    const direct =
      /crypto\.subtle|from '(?:node:)?crypto'|'@noble\/|from 'jose'|'bcryptjs'|'@phi-ag\/argon2/
    expect(usersOf(direct)).toEqual([...new Set(listed)].sort())
  })
})

describe('cryptography in the code', () => {
  it('is of the listed libraries alone: no other one is a dependency', () => {
    const known = /cipher|crypt|hash|jose|jwt|sign|argon|scrypt|nacl|sodium|forge|elliptic|md5|sha/i
    const { dependencies } = JSON.parse(rootFile('package.json')) as {
      dependencies: Record<string, string>
    }
    const found = Object.keys(dependencies).filter((name) => known.test(name))
    expect(found.sort()).toEqual(['@noble/hashes', '@phi-ag/argon2', 'bcryptjs', 'jose'])
  })

  it('encrypts nothing, so that no mode, padding or nonce can be wrong', () => {
    const ciphers =
      /\b(?:en|de)crypt(?:ed|ion)?\(|\bAES\b|AES-|\b(?:ECB|CBC|CTR|GCM)\b|RSA|ChaCha|PKCS|Encrypt\b/
    expect(usersOf(ciphers)).toEqual([])
  })

  it('hashes by SHA-256 alone, but for the look-up of breached passwords', () => {
    expect(usersOf(/['"]MD5['"]|\bmd5\b|legacy\.js|ripemd/i)).toEqual([])
    expect(usersOf(/SHA-?1\b/i)).toEqual(['src/lib/breaches.ts'])
    const imported = Object.keys(SOURCES).flatMap((path) =>
      [...codeOf(path).matchAll(/import \{([^}]*)\} from '@noble\/hashes\/(\w+)\.js'/g)].map(
        ([, names = '', file]) => `${file}: ${names.trim()}`,
      ),
    )
    expect([...new Set(imported)].sort()).toEqual(['hkdf: hkdf', 'hmac: hmac', 'sha2: sha256'])
  })

  it('takes randomness from the platform, and an id of 122 random bits for no secret', () => {
    expect(usersOf(/Math\.random/)).toEqual([])
    expect(usersOf(/getRandomValues/)).toEqual([
      'src/lib/ids.ts',
      'src/lib/passwords.ts',
      'src/lib/tokens.ts',
    ])
    // The name of a public logo, and of one question to Turnstile. What nobody may guess has 128 bits or more.
    expect(usersOf(/randomUUID/)).toEqual([
      'src/features/logos/logo-store.ts',
      'src/features/signup/human-check.ts',
    ])
  })

  it('draws nothing while a module is loaded', () => {
    const atStart = /^(?:export )?(?:const|let) [^\n]*(?:getRandomValues|randomUUID|newId)\(/m
    expect(usersOf(atStart)).toEqual([])
  })

  it('compares what others send with a secret by equalBytes, never by ===', () => {
    const name = '\\b[\\w.]*(?:token|hash|secret|mac|digest|otp|code|pepper|csrf)(?![.\\w])'
    const compared = new RegExp(`${name} [!=]== [\\w(]|[\\w)] [!=]== ${name}`, 'i')
    const found = Object.keys(SOURCES).flatMap((path) =>
      [...codeOf(path).matchAll(/([\w.)]+) [!=]== (?!undefined|null|\d)([\w.(]+)/g)]
        .filter(([text]) => compared.test(text))
        .map(([, left, right]) => `${path}: ${left}, ${right}`),
    )
    expect(found).toEqual(TWO_OF_OURS)
  })
})
