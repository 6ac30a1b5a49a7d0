/**
 * Which of several forms of an answer a client wants most, by its `Accept` (RFC 9110 §12.5.1): the most specific range
 * that matches a form gives its weight. Of equal weights, the one that was named more closely, then the first that is
 * offered. A client that takes none of them gets the first: an answer tells more than a refusal.
 * No I/O. No clock.
 */
const RANGE = /^\s*([\w.+*-]+)\/([\w.+*-]+)\s*((?:;[^;]*)*)$/
const WEIGHT = /;\s*q\s*=\s*([^;\s]*)/i

interface Range {
  type: string
  subtype: string
  weight: number
}

export function preferredType<T extends string>(
  accept: string | undefined,
  offered: readonly [T, ...T[]],
): T {
  const ranges = (accept ?? '').split(',').flatMap(parseRange)
  let best = { type: offered[0], weight: 0, closeness: 0 }
  for (const type of offered) {
    const { weight, closeness } = judge(type, ranges)
    const isBetter = weight > best.weight || (weight === best.weight && closeness > best.closeness)
    if (weight > 0 && isBetter) best = { type, weight, closeness }
  }
  return best.type
}

function parseRange(text: string): Range[] {
  const [, type = '', subtype = '', parameters = ''] = RANGE.exec(text) ?? []
  if (type === '') return []
  const [, written = '1'] = WEIGHT.exec(parameters) ?? []
  if (!/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(written)) return []
  return [{ type: type.toLowerCase(), subtype: subtype.toLowerCase(), weight: Number(written) }]
}

/** Weight 0 where no range matches, and where the closest one says so. */
function judge(offered: string, ranges: readonly Range[]): { weight: number; closeness: number } {
  const [type, subtype] = offered.split('/')
  const found = { weight: 0, closeness: 0 }
  for (const range of ranges) {
    const isAnySubtype = range.subtype === '*'
    const isAnyType = isAnySubtype && range.type === '*'
    if (!isAnyType && range.type !== type) continue
    if (!isAnySubtype && range.subtype !== subtype) continue
    const closeness = isAnyType ? 1 : isAnySubtype ? 2 : 3
    if (closeness > found.closeness) Object.assign(found, { weight: range.weight, closeness })
  }
  return found
}
