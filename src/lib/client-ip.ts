/**
 * Who a limit counts. Only `CF-Connecting-IP` is believed: the edge sets it, while a client may write any other
 * header. An IPv6 client owns at least a /64, so it counts as one per /64, in one spelling. A missing or malformed
 * address falls into one shared bucket: limited, never unlimited.
 */
export const UNKNOWN_IP = 'unknown'

/** The bucket of a client: an IPv4 address, an IPv6 /64, or `unknown`. */
export function ipBucket(ip: string | undefined): string {
  const parsed = parseIp(ip)
  if (!parsed) return UNKNOWN_IP
  return parsed.v4 ? parsed.v4.join('.') : prefixOf(parsed.v6, 4)
}

/** The network that a client is probably one of many in: IPv4 by /24, IPv6 by /48; undefined where none is known. */
export function ipNetwork(ip: string | undefined): string | undefined {
  const parsed = parseIp(ip)
  if (!parsed) return undefined
  return parsed.v4 ? `${parsed.v4.slice(0, 3).join('.')}.0/24` : prefixOf(parsed.v6, 3)
}

const SHORTENED = /^(\d{1,3}(\.\d{1,3}){2}|[0-9a-f]{1,4}(:[0-9a-f]{1,4}){2})$/

/**
 * An address without what names its host, as it is kept for long: three of four numbers of IPv4, the first 48 bits of
 * IPv6. Always shorter than what was given: null where it would not be, and of what is no address. May be repeated.
 */
export function shortenIp(ip: string): string | null {
  if (SHORTENED.test(ip)) return ip
  const parsed = parseIp(ip)
  if (!parsed) return null
  const short = parsed.v4
    ? parsed.v4.slice(0, 3).join('.')
    : parsed.v6
        .slice(0, 3)
        .map((group) => group.toString(16))
        .join(':')
  return short.length < ip.length ? short : null
}

type ParsedIp = { v4: number[]; v6?: undefined } | { v4?: undefined; v6: number[] }

function parseIp(ip: string | undefined): ParsedIp | undefined {
  if (!ip) return undefined
  const v4 = parseIpv4(ip)
  if (v4) return { v4 }
  const v6 = parseIpv6(ip)
  if (!v6) return undefined
  // ::ffff:a.b.c.d is an IPv4 client in IPv6 notation (RFC 4291 §2.5.5.2).
  const [g0, g1, g2, g3, g4, g5, high = 0, low = 0] = v6
  if (!g0 && !g1 && !g2 && !g3 && !g4 && g5 === 0xffff) {
    return { v4: [high >> 8, high & 255, low >> 8, low & 255] }
  }
  return { v6 }
}

/** The first groups of 16 bits of an IPv6 address, as a prefix in one spelling. */
function prefixOf(groups: readonly number[], count: number): string {
  const shown = groups.slice(0, count).map((group) => group.toString(16))
  return `${shown.join(':')}::/${count * 16}`
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const numbers = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256))
  return numbers.every((number) => number < 256) ? numbers : undefined
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2 || !/^[0-9a-f:.]{2,45}$/i.test(text)) return undefined
  const [before = '', after] = halves
  if (after === undefined) {
    const groups = parseGroups(before)
    return groups?.length === 8 ? groups : undefined
  }
  // An IPv4 address may only stand at the end (RFC 4291 §2.2).
  const head = before.includes('.') ? undefined : parseGroups(before)
  const tail = parseGroups(after)
  if (!head || !tail || head.length + tail.length > 7) return undefined
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail]
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const v4 = index === parts.length - 1 ? parseIpv4(part) : undefined
    if (v4) {
      const [a = 0, b = 0, c = 0, d = 0] = v4
      groups.push(a * 256 + b, c * 256 + d)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
