/**
 * The rules of the Public Suffix List as the development dependency tldts ships them, and the compact text that
 * src/lib/public-suffix.ts reads. Pure: the test compares the text with what the Worker carries, so that an update of
 * tldts without a new data file is found.
 */
import * as trie from 'tldts/dist/es6/src/data/trie.js'

const ICANN = 1
const PRIVATE = 2

export interface SuffixRule {
  /** `co.uk`, `*.ck`; an exception without its exclamation mark. */
  name: string
  kind: 'icann' | 'private' | 'exception'
}

interface Label {
  kind?: SuffixRule['kind']
  children: Map<string, Label>
}

/** Every rule of the list, with internationalised names in both spellings. */
export function listRules(): SuffixRule[] {
  const labels = readLabels()
  const rules = namesBeneath(trie.rulesRoot, labels).map(({ name, flag }): SuffixRule => {
    if (flag !== ICANN && flag !== PRIVATE) throw new Error(`${name} is in no single section`)
    return { name, kind: flag === ICANN ? 'icann' : 'private' }
  })
  const exceptions = namesBeneath(trie.exceptionsRoot, labels).map(({ name, flag }): SuffixRule => {
    if (flag !== ICANN) throw new Error(`${name} is an exception outside of the ICANN section`)
    return { name, kind: 'exception' }
  })
  return [...rules, ...exceptions]
}

/**
 * The rules as a tree in text, top-level domains first: each label, then a sign. Without anything beneath it: `,` a rule
 * of ICANN's section, `;` a private one, `!` an exception. With labels beneath it, which follow until `)`: `[` a rule of
 * ICANN's section, `{` a private one, `(` no rule. So `uk(co[blogspot;)gov,)` has `co.uk`, `blogspot.co.uk` and `gov.uk`.
 * Left out is what changes no answer: a top-level domain of ICANN's section, as an unknown one is a suffix too, and names
 * that are not in ASCII, as hosts come in A-labels.
 */
export function encodeRules(rules: readonly SuffixRule[]): string {
  const root: Label = { children: new Map() }
  for (const { name, kind } of rules) {
    const isNeeded = name.includes('.') || kind !== 'icann'
    if (isNeeded && /^[a-z0-9.*-]+$/.test(name)) labelOf(root, name).kind = kind
  }
  return encodeChildren(root)
}

/** The label on each edge of the package's tree. */
function readLabels(): string[] {
  let end = 0
  return [...trie.edgeLength].map((length) => {
    end += length
    return trie.labelText.slice(end - length, end)
  })
}

function namesBeneath(root: number, labels: readonly string[]) {
  const found: { name: string; flag: number }[] = []
  const visit = (node: number, suffix: string) => {
    const end = trie.edgeStart[node + 1] ?? 0
    for (let edge = trie.edgeStart[node] ?? end; edge < end; edge++) {
      const child = trie.edgeChild[edge] ?? 0
      const name = `${labels[edge]}${suffix}`
      const flag = trie.nodeFlags[child] ?? 0
      if (flag !== 0) found.push({ name, flag })
      visit(child, `.${name}`)
    }
  }
  visit(root, '')
  return found
}

function labelOf(root: Label, name: string): Label {
  return name.split('.').reduceRight((parent, text) => {
    const child = parent.children.get(text) ?? { children: new Map() }
    parent.children.set(text, child)
    return child
  }, root)
}

function encodeChildren(parent: Label): string {
  const children = [...parent.children].sort(([a], [b]) => (a < b ? -1 : 1))
  // The look-up asks for `*` only where it knows no such label, so a label must not hide the wildcard beside it.
  const hiding = children.find(([, { kind }]) => parent.children.has('*') && kind === undefined)
  if (hiding) throw new Error(`${hiding[0]} is no rule, but * beside it is`)
  return children.map(([text, label]) => text + encodeLabel(text, label)).join('')
}

function encodeLabel(text: string, { kind, children }: Label): string {
  if (children.size === 0) return kind === 'exception' ? '!' : kind === 'private' ? ';' : ','
  // The look-up ends at either, so that nothing beneath would be found.
  if (text === '*' || kind === 'exception') throw new Error(`There are rules beneath ${text}`)
  const opened = kind === 'private' ? '{' : kind === 'icann' ? '[' : '('
  return `${opened}${encodeChildren({ children })})`
}
