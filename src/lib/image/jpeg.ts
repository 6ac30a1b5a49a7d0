/**
 * JPEG (ITU-T T.81 Annex B): segments from SOI to EOI, each within the file, one frame of a kind that browsers show
 * (baseline, extended or progressive Huffman, 8 bit), its tables, at least one scan, EOI as the last two bytes.
 */
import { checkedSize, type Fault, type Size, viewOf } from './format.ts'

const EOI = 0xd9
const SOS = 0xda
const QUANTISATION_TABLES = 0xdb
const HUFFMAN_TABLES = 0xc4
const FRAMES = [0xc0, 0xc1, 0xc2]
const RESTART_INTERVAL = 0xdd
const COMMENT = 0xfe

type Segment = { marker: number; start: number; end: number }
type Seen = { markers: Set<number>; size: Size | undefined }

/** The size of a whole JPEG. */
export function inspectJpeg(bytes: Uint8Array): Size | Fault {
  const seen: Seen = { markers: new Set(), size: undefined }
  let at = 2
  for (;;) {
    const segment = segmentAt(bytes, at)
    if (!segment) return 'broken'
    if (segment.marker === EOI) {
      const isWhole = seen.markers.has(SOS) && segment.end === bytes.length
      return isWhole && seen.size ? seen.size : 'broken'
    }
    const fault = take(seen, bytes, segment)
    if (fault) return fault
    at = segment.marker === SOS ? endOfScan(bytes, segment.end) : segment.end
    if (at === segment.end && segment.marker === SOS) return 'broken'
  }
}

/** The segment that begins at `at`, fill bytes before its marker skipped (B.1.1.2). */
function segmentAt(bytes: Uint8Array, at: number): Segment | undefined {
  if (bytes[at] !== 0xff) return undefined
  let next = at + 1
  while (bytes[next] === 0xff) next++
  const marker = bytes[next]
  if (marker === undefined) return undefined
  if (marker === EOI) return { marker, start: next + 1, end: next + 1 }
  if (next + 3 > bytes.length) return undefined
  const length = viewOf(bytes).getUint16(next + 1)
  const end = next + 1 + length
  return length >= 2 && end <= bytes.length ? { marker, start: next + 3, end } : undefined
}

/** Notes what a segment adds; tells what is wrong with it. */
function take(seen: Seen, bytes: Uint8Array, segment: Segment): Fault | undefined {
  const { marker } = segment
  if (FRAMES.includes(marker)) {
    if (seen.size) return 'broken'
    const size = frameSize(bytes, segment)
    if (typeof size === 'string') return size
    seen.size = size
  } else if (marker === SOS) {
    const count = bytes[segment.start] ?? 0
    const isReady = seen.markers.has(QUANTISATION_TABLES) && seen.markers.has(HUFFMAN_TABLES)
    const isHeader = count >= 1 && count <= 4 && segment.end - segment.start === 4 + 2 * count
    if (!seen.size || !isReady || !isHeader) return 'broken'
  } else if (!isSideSegment(marker)) return 'broken'
  seen.markers.add(marker)
  return undefined
}

function isSideSegment(marker: number): boolean {
  const isApplicationData = marker >= 0xe0 && marker <= 0xef
  const isTable = [QUANTISATION_TABLES, HUFFMAN_TABLES, RESTART_INTERVAL].includes(marker)
  return isApplicationData || isTable || marker === COMMENT
}

function frameSize(bytes: Uint8Array, { start, end }: Segment): Size | Fault {
  const components = bytes[start + 5] ?? 0
  const isHeader = [1, 3, 4].includes(components) && end - start === 6 + 3 * components
  if (!isHeader || bytes[start] !== 8) return 'broken'
  const view = viewOf(bytes)
  return checkedSize(view.getUint16(start + 3), view.getUint16(start + 1))
}

/** Where the coded data ends: at a marker that is neither a stuffed FF 00 nor a restart (B.1.1.5). */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length) {
    const next = bytes[at + 1] ?? 0
    if (bytes[at] === 0xff && next !== 0 && (next < 0xd0 || next > 0xd7)) return at
    at++
  }
  return at
}
