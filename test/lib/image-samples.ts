/**
 * Small real pictures: PNG made here, JPEG, WebP and GIF written once by their reference encoders from a 5 x 3 gradient.
 */

/** 5 x 3, baseline. */
export const JPEG_BASELINE = fromBase64(`
  /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9
  lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAADAAUD
  ASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAYEAEAAwEAAAAAAAAAAAAAAAAAAQMTUv/EABUBAQEAAAAAAAAAAAAAAAAAAAIG/8QA
  GhEAAQUBAAAAAAAAAAAAAAAAAQADE1KRFP/aAAwDAQACEQMRAD8Am9rO5AVXOzQYEJ3bHV//2Q==`)

/** 5 x 3, progressive: ten scans, tables between them. */
export const JPEG_PROGRESSIVE = fromBase64(`
  /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9
  lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wgARCAADAAUD
  ASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAVAQEBAAAAAAAAAAAAAAAAAAACBf/aAAwDAQACEAMQAAABmiqf/8QAFhAAAwAAAAAA
  AAAAAAAAAAAAAAER/9oACAEBAAEFAqz/xAAXEQADAQAAAAAAAAAAAAAAAAAAAhJR/9oACAEDAQE/AbbT/8QAFxEAAwEAAAAAAAAAAAAAAAAAAAIT
  Uf/aAAgBAgEBPwGaYf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEABj8Cf//EABUQAQEAAAAAAAAAAAAAAAAAAABh/9oACAEBAAE/IbP/2gAM
  AwEAAgADAAAAEAf/xAAWEQADAAAAAAAAAAAAAAAAAAAAYZH/2gAIAQMBAT8Qep//xAAXEQADAQAAAAAAAAAAAAAAAAAAAWGR/9oACAECAQE/EIcR
  /8QAFRABAQAAAAAAAAAAAAAAAAAAAGH/2gAIAQEAAT8Qpf/Z`)

/** 40 x 20, a restart marker in each row of blocks. */
export const JPEG_RESTARTS = fromBase64(`
  /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNiUFVtVkVGZIhlbXd7gYKBTmCNl4x9
  lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAUACgD
  ASIAAhEBAxEB/8QAFwABAAMAAAAAAAAAAAAAAAAAAAQFBv/EABcQAQEBAQAAAAAAAAAAAAAAAAASARH/xAAXAQADAQAAAAAAAAAAAAAAAAADBAUG
  /8QAGBEBAAMBAAAAAAAAAAAAAAAAAAERFGH/3QAEAAH/2gAMAwEAAhEDEQA/AKey0eyzOHi1sf/Qp7LR7LM4eLWx/9GnsR7DOHi1sf/SzHdO6DXV
  ANy//9PMd07oNdUA3L//1Mx3QGuqAbl//9k=`)

/** 5 x 3, four components, Adobe segment, no JFIF. */
export const JPEG_CMYK = fromBase64(`
  /9j/7gAOQWRvYmUAZAAAAAAC/9sAQwAUDg8SDw0UEhASFxUUGB4yIR4cHB49LC4kMklATEtHQEZFUFpzYlBVbVZFRmSIZW13e4GCgU5gjZeMfZZz
  foF8/9sAQwEVFxceGh47ISE7fFNGU3x8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8/8AAFAgAAwAFBAEi
  AAIRAQMRAQQiAP/EABUAAQEAAAAAAAAAAAAAAAAAAAAG/8QAHBABAAEEAwAAAAAAAAAAAAAAAAMBFFLRApKT/8QAFQEBAQAAAAAAAAAAAAAAAAAA
  AQb/xAAaEQABBQEAAAAAAAAAAAAAAAABAAMTUpEU/9oADgQBAAIRAxEEAAA/AKG1hxr2rsBJzO2Op52aDAqy1jym9uewH//Z`)

/** 5 x 3, VP8 alone. */
export const WEBP_LOSSY = fromBase64(`
  UklGRkYAAABXRUJQVlA4IDoAAABwAgCdASoFAAMABUB8JagCdGuAwQD1/wPRAK14AP7kUcMf/xGQ/ykT/ruX+Uif/SbvDnUlJFAY4fgA`)

/** 5 x 3, VP8L alone, odd length with padding. */
export const WEBP_LOSSLESS = fromBase64(`
  UklGRiYAAABXRUJQVlA4TBkAAAAvBIAAAAgBQdFz0wkIip6brv+xbauqKts2AA==`)

/** 5 x 3, VP8X with ALPH and VP8. */
export const WEBP_ALPHA = fromBase64(`
  UklGRn4AAABXRUJQVlA4WAoAAAAQAAAABAAAAgAAQUxQSBAAAAAAgICAgIBISEhISBAQEBAQVlA4IEgAAADQAgCdASoFAAMABUB8JaizAAqRwgME
  A/QD3/7sAByAAP7vBtgtD+frgxgbvbomW//wTfrsp/mI9znf/Ybx/NQPbA7shHq1MAA=`)

/** 5 x 3, VP8X with VP8L and EXIF. */
export const WEBP_EXIF = fromBase64(`
  UklGRkQAAABXRUJQVlA4WAoAAAAIAAAABAAAAgAAVlA4TBkAAAAvBIAAAAgBQdFz0wkIip6brv+xbauqKts2AEVYSUYEAAAARXhpZg==`)

/** 5 x 3, two frames. */
export const WEBP_ANIMATED = fromBase64(`
  UklGRpoAAABXRUJQVlA4WAoAAAASAAAABAAAAgAAQU5JTQYAAAD/////AABBTk1GPAAAAAAAAAAAAAQAAAIAAGQAAAJWUDhMIwAAAC8EgAAAFxAC
  gqLpnhOQJLi86c1/+BQQZNtsc7zkiSP6H/MBAEFOTUYqAAAAAAAAAAAABAAAAgAAZAAAAFZQOEwRAAAALwSAABAPEPMf8x+M+YjofxgA`)

/** 5 x 3. */
export const GIF = fromBase64(`
  R0lGODlhBQADAPEAAH8Af/8AAAAA/wAAACH5BAAAAAAAIf8LSW1hZ2VNYWdpY2sNZ2FtbWE9MC40NTQ1NQAsAAAAAAUAAwAAAgWMDZnCXAA7`)

/** A chunk of a PNG: length, type, data, CRC. */
export function pngChunk(type: string, data: Uint8Array | number[] = []): Uint8Array {
  const body = concat(
    Uint8Array.from(type, (char) => char.charCodeAt(0)),
    Uint8Array.from(data),
  )
  return concat(uint32(data.length), body, uint32(crc32(body)))
}

export const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)

/** IHDR of an 8-bit picture; colour type 2 is RGB, 3 has a palette. */
export function pngHeader(width: number, height: number, colourType = 2, depth = 8): Uint8Array {
  return pngChunk(
    'IHDR',
    concat(uint32(width), uint32(height), Uint8Array.of(depth, colourType, 0, 0, 0)),
  )
}

/** One grey-white RGB picture, its pixels in stored (uncompressed) deflate blocks. `extra` chunks stand before IDAT. */
export function makePng(width: number, height: number, ...extra: Uint8Array[]): Uint8Array {
  const rows = new Uint8Array(height * (1 + width * 3))
  const data = pngChunk('IDAT', zlibStored(rows))
  return concat(PNG_SIGNATURE, pngHeader(width, height), ...extra, data, pngChunk('IEND'))
}

export function concat(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** `bytes` with some of them written over at `at`. */
export function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = bytes.slice()
  copy.set(values, at)
  return copy
}

export function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export function toDataUrl(type: string, bytes: Uint8Array): string {
  return `data:${type};base64,${bytes.toBase64()}`
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.fromBase64(text)
}

/** Deflate without compression: blocks of 65 535 bytes at most (RFC 1951 §3.2.4) in a zlib frame (RFC 1950). */
function zlibStored(data: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [Uint8Array.of(0x78, 0x01)]
  for (let at = 0; at < data.length; at += 65_535) {
    const block = data.subarray(at, at + 65_535)
    const isLast = at + block.length === data.length ? 1 : 0
    const [low, high] = [block.length & 255, block.length >> 8]
    blocks.push(Uint8Array.of(isLast, low, high, low ^ 255, high ^ 255), block)
  }
  return concat(...blocks, uint32(adler32(data)))
}

function adler32(data: Uint8Array): number {
  let [a, b] = [1, 0]
  for (const byte of data) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return ((b << 16) | a) >>> 0
}

function crc32(data: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
