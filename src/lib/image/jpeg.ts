/**
 * JPEG (ITU-T T.81 Annex B): segments from SOI to EOI, each within the file, one frame of a kind that browsers show
 * (baseline, extended or progressive Huffman, 8 bit), its tables, at least one scan, EOI as the last two bytes.
 */
import { checkedSize, type Fault, joined, type Size, textAt, viewOf } from './format.ts'
import { orientationOnly } from './orientation.ts'

const EOI = 0xd9
const SOS = 0xda
const QUANTISATION_TABLES = 0xdb
const HUFFMAN_TABLES = 0xc4
const FRAMES = [0xc0, 0xc1, 0xc2]
const RESTART_INTERVAL = 0xdd
const COMMENT = 0xfe
const APP0 = 0xe0
const APP1 = 0xe1
const APP2 = 0xe2
const APP14 = 0xee
const EXIF = 'Exif\0\0'
const COLOUR_PROFILE = 'ICC_PROFILE\0'
/** Identifier, version, density and the size of a thumbnail (JFIF 1.02), which has none. */
const JFIF_BYTES = 14
const ADOBE_BYTES = 12

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

/**
 * The same picture without what it tells beside itself: of application data only the density of JFIF, Adobe's colour
 * transform, the colour profile and the orientation are kept. For bytes that `inspectJpeg` has taken.
 */
export function jpegWithoutMetadata(bytes: Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, 2)]
  const told = new Set<number>()
  let at = 2
  for (;;) {
    const segment = segmentAt(bytes, at)
    if (!segment || segment.marker === EOI) return joined([...parts, Uint8Array.of(0xff, EOI)])
    const { marker, start, end } = segment
    const data = bytes.subarray(start, end)
    const kept = isTold(marker) ? keptOf(marker, data, told) : data
    if (kept) parts.push(Uint8Array.of(0xff, marker), uint16(kept.length + 2), kept)
    at = marker === SOS ? endOfScan(bytes, end) : end
    if (at > end) parts.push(bytes.subarray(end, at))
  }
}

/** Application data and comments: nothing of the picture itself. */
function isTold(marker: number): boolean {
  return (marker >= APP0 && marker <= 0xef) || marker === COMMENT
}

/** What is kept of such a segment; `told`: what has had its segment, and so has no second one. */
function keptOf(marker: number, data: Uint8Array, told: Set<number>): Uint8Array | undefined {
  if (marker === APP2) {
    return textAt(data, 0, COLOUR_PROFILE.length) === COLOUR_PROFILE ? data : undefined
  }
  if (told.has(marker)) return undefined
  const kept = keptOnce(marker, data)
  if (kept) told.add(marker)
  return kept
}

function keptOnce(marker: number, data: Uint8Array): Uint8Array | undefined {
  if (marker === APP0 && textAt(data, 0, 5) === 'JFIF\0' && data.length >= JFIF_BYTES) {
    return joined([data.subarray(0, JFIF_BYTES - 2), Uint8Array.of(0, 0)])
  }
  if (marker === APP14 && textAt(data, 0, 5) === 'Adobe' && data.length >= ADOBE_BYTES) {
    return data.subarray(0, ADOBE_BYTES)
  }
  if (marker !== APP1 || textAt(data, 0, EXIF.length) !== EXIF) return undefined
  const orientation = orientationOnly(data.subarray(EXIF.length))
  return orientation && joined([data.subarray(0, EXIF.length), orientation])
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255)
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
