/**
 * Makes the list of public suffixes: `node scripts/generate-public-suffixes.ts`, after an update of tldts. Needs no
 * network. Source: the development dependency tldts, which ships the Public Suffix List with its private section. The
 * result is text, the same on every run, and is deflated for the sake of the bundle: 76 KiB become 39 in base64.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { encodeRules, listRules } from './public-suffix-rules.ts'

const ROOT = join(import.meta.dirname, '..')
const PATH = 'src/lib/public-suffixes-data.ts'

const rules = listRules()
console.log(`${rules.length} rules`)
const text = encodeRules(rules)
const data = deflateRawSync(text, { level: 9, memLevel: 9 }).toString('base64')
console.log(`${text.length} characters, ${data.length} deflated`)
writeFileSync(join(ROOT, PATH), `${header()}export const PUBLIC_SUFFIXES =\n  '${data}'\n`)
console.log(`wrote ${PATH}`)

function header(): string {
  const { version } = JSON.parse(
    readFileSync(join(ROOT, 'node_modules/tldts/package.json'), 'utf8'),
  )
  return `/**
 * Made by scripts/generate-public-suffixes.ts from tldts@${version} (MIT), which takes it from the Public Suffix List
 * (https://publicsuffix.org/list/public_suffix_list.dat). Do not edit. Like the list, this file is subject to the terms
 * of the Mozilla Public License, v. 2.0 (https://mozilla.org/MPL/2.0/).
 */
`
}
