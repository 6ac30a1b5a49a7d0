/**
 * Where a name ends that the public can register beneath, by the Public Suffix List (https://publicsuffix.org/list/)
 * with its private section: `co.uk`, `github.io`. The longest rule counts, an exception (`!www.ck`) beats every other,
 * `*` stands for one label, and an unknown top-level domain is a suffix of one label. Takes time linear in the length of
 * the host, whatever is in it.
 */
import list from '#lists/public-suffixes.bin'
import { inflateText } from './deflated-text.ts'

/** Names of the list, `*` included, and the signs that scripts/public-suffix-rules.ts gives them. */
type Rules = ReadonlyMap<string, string>

/** Decoded at the first question and kept for the life of the isolate: the same constant data for everyone. */
let known: Rules | undefined

/**
 * The domain that someone registered, `label` being its part before the suffix, and whether that suffix is a company's
 * own. Undefined for a host that is a suffix itself. Takes a host as the URL parser writes it (A-labels, lower case, no
 * empty label, no IP address). Pure but for the cache of the decoded list.
 */
export function registrableDomain(
  host: string,
): { domain: string; label: string; isPrivate: boolean } | undefined {
  known ??= decodeRules(inflateText(list))
  const labels = host.split('.')
  const { length, isPrivate } = findSuffix(known, labels)
  const label = labels.at(-length - 1)
  if (label === undefined) return undefined
  return { domain: labels.slice(-length - 1).join('.'), label, isPrivate }
}

function decodeRules(text: string): Rules {
  const rules = new Map<string, string>()
  const parents = ['']
  for (const entry of text.match(/[a-z\d*-]*[^a-z\d*-]/g) ?? []) {
    const sign = entry.slice(-1)
    if (sign === ')') parents.pop()
    else {
      const name = entry.slice(0, -1) + parents.at(-1)
      rules.set(name, sign)
      if ('([{'.includes(sign)) parents.push(`.${name}`)
    }
  }
  return rules
}

/** How many labels the suffix has. The walk ends where the list does, a few labels from the right. */
function findSuffix(rules: Rules, labels: readonly string[]) {
  let suffix = { length: 1, isPrivate: false }
  let parent = ''
  for (let length = 1; length <= labels.length; length++) {
    const name = labels.at(-length) + parent
    const sign = rules.get(name) ?? rules.get(`*${parent}`)
    if (sign === undefined) break
    if (sign === '!') return { length: length - 1, isPrivate: false }
    if (sign !== '(') suffix = { length, isPrivate: sign === ';' || sign === '{' }
    parent = `.${name}`
  }
  return suffix
}
