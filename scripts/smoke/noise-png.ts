/** A valid PNG of random noise (ISO/IEC 15948), which does not compress: as large as its pixels. */
import { randomBytes } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const BYTES_PER_PIXEL = 3

/** 8-bit RGB without interlace; about `3 · width · height` bytes. */
export function noisePng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Bit depth 8, colour type 2 (RGB), then the only defined compression, filter and interlace methods.
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanlines(width, height), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Each line starts with its filter type: 0, none. */
function scanlines(width: number, height: number): Buffer {
  const lineLength = 1 + width * BYTES_PER_PIXEL
  const lines = randomBytes(lineLength * height)
  for (let line = 0; line < height; line++) lines[line * lineLength] = 0
  return lines
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(body, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}
