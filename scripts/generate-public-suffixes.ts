/**
 * Makes the list of public suffixes: `node scripts/generate-public-suffixes.ts`, after an update of tldts. Needs no
 * network. Source: the development dependency tldts, which ships the Public Suffix List with its private section. The
 * result is text, the same on every run, and deflated: 76 KiB become 29. Name the version in src/lib/lists/README.md.
 */
import { encodeRules, listRules } from './public-suffix-rules.ts'
import { writeList } from './write-list.ts'

const rules = listRules()
console.log(`${rules.length} rules`)
writeList('public-suffixes', encodeRules(rules))
