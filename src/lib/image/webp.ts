/**
 * WebP (RFC 9649): RIFF whose size is the file's, chunks to its very end with their padding, one picture. The picture
 * is a lossy (`VP8 `) or lossless (`VP8L`) bitstream, alone or, behind `VP8X`, with alpha, colour profile and metadata.
 */
import { checkedSize, type Fault, joined, type Size, textAt, viewOf } from './format.ts'
import { orientationOnly } from './orientation.ts'

const CHUNKS_MAX = 100
const ANIMATION_FLAG = 0x02
const EXIF_FLAG = 0x08
/** Of alpha and colour profile. */
const SHOWN_FLAGS = 0x30
const SHOWN = ['ICCP', 'ALPH', 'VP8 ', 'VP8L']

type Chunk = { type: string; start: number; length: number }

/** The size of a whole, still WebP. */
export function inspectWebp(bytes: Uint8Array): Size | Fault {
  const chunks = viewOf(bytes).getUint32(4, true) + 8 === bytes.length && readChunks(bytes)
  if (!chunks) return 'broken'
  const [first, ...others] = chunks
  if (first?.type === 'VP8X') return inspectExtended(bytes, first, others)
  return first && others.length === 0 ? pictureSize(bytes, first) : 'broken'
}

/**
 * The same picture without what it tells beside itself: Exif data but for the orientation, XMP, and chunks that nobody
 * knows. For bytes that `inspectWebp` has taken.
 */
export function webpWithoutMetadata(bytes: Uint8Array): Uint8Array {
  const [first, ...others] = readChunks(bytes) ?? []
  if (first?.type !== 'VP8X') return bytes.slice()
  const dataOf = ({ start, length }: Chunk) => bytes.subarray(start, start + length)
  const tellsOrientation = (chunk: Chunk) => chunk.type === 'EXIF' && orientationOf(dataOf(chunk))
  const turned = others.find(tellsOrientation)
  const orientation = turned && orientationOf(dataOf(turned))
  const header = dataOf(first).slice()
  const flags = (header[0] ?? 0) & SHOWN_FLAGS
  header.set([orientation ? flags | EXIF_FLAG : flags, 0, 0, 0])
  const whole = joined([
    bytes.subarray(0, 12),
    chunkOf('VP8X', header),
    ...others
      .filter(({ type }) => SHOWN.includes(type))
      .map((one) => chunkOf(one.type, dataOf(one))),
    ...(orientation ? [chunkOf('EXIF', orientation)] : []),
  ])
  viewOf(whole).setUint32(4, whole.length - 8, true)
  return whole
}

/** Some writers put the header that JPEG has before it. */
function orientationOf(exif: Uint8Array): Uint8Array | undefined {
  return orientationOnly(textAt(exif, 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif)
}

function chunkOf(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(8 + data.length + (data.length % 2))
  chunk.set(Uint8Array.from(type, (char) => char.charCodeAt(0)))
  viewOf(chunk).setUint32(4, data.length, true)
  chunk.set(data, 8)
  return chunk
}

function readChunks(bytes: Uint8Array): Chunk[] | undefined {
  const chunks: Chunk[] = []
  let at = 12
  while (at < bytes.length) {
    if (at + 8 > bytes.length || chunks.length === CHUNKS_MAX) return undefined
    const length = viewOf(bytes).getUint32(at + 4, true)
    const end = at + 8 + length
    const isPadded = length % 2 === 0 || bytes[end] === 0
    if (end > bytes.length || !isPadded) return undefined
    chunks.push({ type: textAt(bytes, at, 4), start: at + 8, length })
    at = end + (length % 2)
  }
  return chunks
}

function inspectExtended(bytes: Uint8Array, header: Chunk, others: Chunk[]): Size | Fault {
  if (header.length !== 10) return 'broken'
  const types = others.map((chunk) => chunk.type)
  const flags = bytes[header.start] ?? 0
  if (flags & ANIMATION_FLAG || types.includes('ANIM') || types.includes('ANMF'))
    return 'not_an_image'
  const view = viewOf(bytes)
  const canvas = checkedSize(uint24(view, header.start + 4) + 1, uint24(view, header.start + 7) + 1)
  if (typeof canvas === 'string') return canvas
  const pictures = others.filter(({ type }) => type === 'VP8 ' || type === 'VP8L')
  const [picture] = pictures
  if (!picture || pictures.length > 1 || types.includes('VP8X')) return 'broken'
  if (!isAlphaInPlace(types)) return 'broken'
  const size = pictureSize(bytes, picture)
  if (typeof size === 'string') return size
  return size.width === canvas.width && size.height === canvas.height ? size : 'broken'
}

/** At most one alpha chunk, and only before a lossy picture: the lossless one carries its own. */
function isAlphaInPlace(types: string[]): boolean {
  const at = types.indexOf('ALPH')
  return at === -1 || (at === types.lastIndexOf('ALPH') && types.indexOf('VP8 ', at) > at)
}

function pictureSize(bytes: Uint8Array, { type, start, length }: Chunk): Size | Fault {
  const view = viewOf(bytes)
  if (type === 'VP8 ' && length > 10) {
    // RFC 6386 §9.1: frame tag (0: key frame; shown; size of the first partition), start code, two 14-bit sides.
    const tag = uint24(view, start)
    const isShownKeyFrame = (tag & 1) === 0 && (tag & 0x10) !== 0
    const isWhole = tag >> 5 > 0 && tag >> 5 <= length - 10
    if (!isShownKeyFrame || !isWhole || uint24(view, start + 3) !== 0x2a019d) return 'broken'
    return checkedSize(
      view.getUint16(start + 6, true) & 0x3fff,
      view.getUint16(start + 8, true) & 0x3fff,
    )
  }
  if (type === 'VP8L' && length > 5) {
    // RFC 9649 §3.4: signature, two 14-bit sides less one, alpha hint, version 0.
    const sides = view.getUint32(start + 1, true)
    if (bytes[start] !== 0x2f || sides >>> 29 !== 0) return 'broken'
    return checkedSize((sides & 0x3fff) + 1, ((sides >>> 14) & 0x3fff) + 1)
  }
  return 'broken'
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
}
