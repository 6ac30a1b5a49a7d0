/**
 * PNG (W3C PNG, third edition, §5 and §11): IHDR first, every chunk within the file and with its CRC, at least one
 * IDAT and all of them in a row, a palette where the colour type needs one, IEND as the last bytes.
 */
import { checkedSize, type Fault, type Size, textAt, viewOf } from './format.ts'

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
  const table = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    return crc
  })
  return ({ start, length }) => {
    let crc = -1
    for (let at = start - 4; at < start + length; at++) {
      crc = (table[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0) ^ (crc >>> 8)
    }
    return ~crc === view.getInt32(start + length)
  }
}
