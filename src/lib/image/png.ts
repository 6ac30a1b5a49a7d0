/**
 * PNG (W3C PNG, third edition, §5 and §11): IHDR first, every chunk within the file and with its CRC, at least one
 * IDAT and all of them in a row, a palette where the colour type needs one, IEND as the last bytes.
 */
import { checkedSize, type Fault, joined, type Size, textAt, viewOf } from './format.ts'
import { orientationOnly } from './orientation.ts'

const SIGNATURE_LENGTH = 8
const PALETTE_COLOURS = 3

/** Allowed bit depths by colour type (§11.2.1). */
const BIT_DEPTHS: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

/** What a picture is shown by: its data, transparency, colour space, density. Every other chunk only tells something. */
const SHOWN = new Set(
  'IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD pHYs'.split(' '),
)

type Chunk = { type: string; start: number; length: number; end: number }
type Seen = { colourType: number; palette: boolean; dataBytes: number; last: string }

/** The size of a whole, still PNG. */
export function inspectPng(bytes: Uint8Array): Size | Fault {
  const isIntact = crcCheck(bytes)
  let chunk = chunkAt(bytes, SIGNATURE_LENGTH)
  if (chunk?.type !== 'IHDR' || chunk.length !== 13 || !isIntact(chunk)) return 'broken'
  const size = sizeOf(bytes, chunk)
  if (typeof size === 'string') return size
  const colourType = bytes[chunk.start + 9] ?? 0
  const seen: Seen = { colourType, palette: false, dataBytes: 0, last: 'IHDR' }
  for (;;) {
    chunk = chunkAt(bytes, chunk.end)
    if (!chunk || !isIntact(chunk)) return 'broken'
    if (chunk.type === 'acTL') return 'not_an_image'
    if (chunk.type === 'IEND') break
    if (!follows(seen, chunk)) return 'broken'
    seen.last = chunk.type
  }
  const isWhole = chunk.length === 0 && chunk.end === bytes.length && seen.dataBytes > 0
  return isWhole ? size : 'broken'
}

/**
 * The same picture without what it tells beside itself: text, time, Exif data but for the orientation, and chunks that
 * nobody knows. For bytes that `inspectPng` has taken.
 */
export function pngWithoutMetadata(bytes: Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, SIGNATURE_LENGTH)]
  let isTurned = false
  let chunk = chunkAt(bytes, SIGNATURE_LENGTH)
  for (; chunk; chunk = chunkAt(bytes, chunk.end)) {
    const { type, start, length, end } = chunk
    if (SHOWN.has(type)) parts.push(bytes.subarray(start - 8, end))
    if (type !== 'eXIf' || isTurned) continue
    const orientation = orientationOnly(bytes.subarray(start, start + length))
    if (orientation) parts.push(exifChunk(orientation))
    isTurned = orientation !== undefined
  }
  return joined(parts)
}

function exifChunk(tiff: Uint8Array): Uint8Array {
  const chunk = joined([new Uint8Array(8), tiff, new Uint8Array(4)])
  chunk.set([0x65, 0x58, 0x49, 0x66], 4)
  const view = viewOf(chunk)
  view.setUint32(0, tiff.length)
  view.setInt32(8 + tiff.length, crc32()(chunk, 4, 8 + tiff.length))
  return chunk
}

function chunkAt(bytes: Uint8Array, at: number): Chunk | undefined {
  if (at + 12 > bytes.length) return undefined
  const length = viewOf(bytes).getUint32(at)
  const type = textAt(bytes, at + 4, 4)
  if (length > bytes.length - at - 12 || !/^[A-Za-z]{4}$/.test(type)) return undefined
  return { type, start: at + 8, length, end: at + 12 + length }
}

function sizeOf(bytes: Uint8Array, { start }: Chunk): Size | Fault {
  const [depth = 0, colourType = 0, compression, filter, interlace = 2] = bytes.subarray(start + 8)
  const isKnown = BIT_DEPTHS[colourType]?.includes(depth)
  if (!isKnown || compression !== 0 || filter !== 0 || interlace > 1) return 'broken'
  const view = viewOf(bytes)
  return checkedSize(view.getUint32(start), view.getUint32(start + 4))
}

/** May this chunk come after what was seen? Notes what it adds. */
function follows(seen: Seen, { type, length }: Chunk): boolean {
  if (type === 'PLTE') {
    const isPossible = !seen.palette && seen.dataBytes === 0 && ![0, 4].includes(seen.colourType)
    seen.palette = true
    return isPossible && length >= 3 && length <= 768 && length % 3 === 0
  }
  if (type === 'IDAT') {
    const isInRow = seen.last === 'IDAT' || seen.dataBytes === 0
    seen.dataBytes += length
    return isInRow && (seen.colourType !== PALETTE_COLOURS || seen.palette)
  }
  // A small first letter marks what a reader may skip; another unknown chunk means that the picture cannot be shown.
  return /^[a-z]/.test(type)
}

/** Checks a chunk's CRC-32 over its type and data (§5.5). */
function crcCheck(bytes: Uint8Array): (chunk: Chunk) => boolean {
  const view = viewOf(bytes)
  const crcOf = crc32()
  return ({ start, length }) =>
    crcOf(bytes, start - 4, start + length) === view.getInt32(start + length)
}

/** CRC-32 of the bytes from `start` to `end` (Annex D), as a signed number. */
function crc32(): (bytes: Uint8Array, start: number, end: number) => number {
  const table = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    return crc
  })
  return (bytes, start, end) => {
    let crc = -1
    for (let at = start; at < end; at++) {
      crc = (table[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8)
    }
    return ~crc
  }
}
