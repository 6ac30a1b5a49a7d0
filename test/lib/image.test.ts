import { describe, expect, it } from 'vitest'
import { IMAGE_MAX_BYTES, inspectImage } from '../../src/lib/image.ts'
import { expectQuick } from './hostile.ts'
import * as samples from './image-samples.ts'

const { concat, makePng, patched, pngChunk, pngHeader, PNG_SIGNATURE } = samples
const DATA = pngChunk('IDAT', [0x78, 1, 1, 0, 0, 255, 255, 0, 0, 0, 1])
const END = pngChunk('IEND')
const PNG = makePng(5, 3)

/** A PNG of the given chunks behind its signature. */
const png = (...chunks: Uint8Array[]) => concat(PNG_SIGNATURE, ...chunks)
const ascii = samples.ascii
const reason = (bytes: Uint8Array) => {
  const found = inspectImage(bytes)
  return found.ok ? 'ok' : found.reason
}
/** Where a text first stands in the bytes. */
const find = (bytes: Uint8Array, text: string) =>
  Array.from(bytes, (byte) => String.fromCharCode(byte))
    .join('')
    .indexOf(text)
/** Where a JPEG's segment of this marker begins. */
const segment = (marker: number) =>
  find(samples.JPEG_BASELINE, `\u00ff${String.fromCharCode(marker)}`)
const SOF = segment(0xc0)
const SOS = segment(0xda)
const DQT = segment(0xdb)

describe('inspectImage works', () => {
  it.each([
    ['a PNG', PNG, 'image/png', 5, 3],
    [
      'a PNG with text and colour profile',
      makePng(5, 3, pngChunk('gAMA', [0, 0, 177, 143]), pngChunk('tEXt', [65, 0, 66])),
      'image/png',
      5,
      3,
    ],
    [
      'a PNG with a palette',
      png(pngHeader(5, 3, 3), pngChunk('PLTE', [1, 2, 3]), DATA, END),
      'image/png',
      5,
      3,
    ],
    [
      'a PNG whose data is in several chunks',
      png(pngHeader(5, 3), DATA, DATA, pngChunk('tIME', [1]), END),
      'image/png',
      5,
      3,
    ],
    ['a baseline JPEG', samples.JPEG_BASELINE, 'image/jpeg', 5, 3],
    ['a progressive JPEG', samples.JPEG_PROGRESSIVE, 'image/jpeg', 5, 3],
    ['a JPEG with restart markers', samples.JPEG_RESTARTS, 'image/jpeg', 40, 20],
    ['a JPEG for print', samples.JPEG_CMYK, 'image/jpeg', 5, 3],
    [
      'a JPEG with fill bytes before a marker',
      concat(
        samples.JPEG_BASELINE.subarray(0, DQT),
        Uint8Array.of(255, 255),
        samples.JPEG_BASELINE.subarray(DQT),
      ),
      'image/jpeg',
      5,
      3,
    ],
    ['a lossy WebP', samples.WEBP_LOSSY, 'image/webp', 5, 3],
    ['a lossless WebP', samples.WEBP_LOSSLESS, 'image/webp', 5, 3],
    ['a WebP with alpha', samples.WEBP_ALPHA, 'image/webp', 5, 3],
    ['a WebP with metadata', samples.WEBP_EXIF, 'image/webp', 5, 3],
  ])('accepts %s and tells its size', (_, bytes, type, width, height) => {
    expect(inspectImage(bytes)).toEqual({ ok: true, type, width, height })
  })

  it('accepts a picture of exactly 2 MiB and of 4096 pixels a side', () => {
    const filler = IMAGE_MAX_BYTES - PNG.length - 12
    expect(reason(makePng(5, 3, pngChunk('prVt', new Uint8Array(filler))))).toBe('ok')
    expect(inspectImage(png(pngHeader(4096, 4096), DATA, END))).toMatchObject({
      width: 4096,
      height: 4096,
    })
    expect(inspectImage(patched(samples.JPEG_BASELINE, SOF + 5, 16, 0, 16, 0))).toMatchObject({
      width: 4096,
      height: 4096,
    })
    expect(inspectImage(patched(samples.WEBP_LOSSY, 26, 0, 16, 0, 16))).toMatchObject({
      width: 4096,
      height: 4096,
    })
  })

  it('reads a picture that lies inside a larger buffer', () => {
    const within = concat(ascii('xyz'), samples.WEBP_LOSSY, PNG, ascii('end'))
    expect(reason(within.subarray(3, 3 + samples.WEBP_LOSSY.length))).toBe('ok')
    expect(reason(within.subarray(3 + samples.WEBP_LOSSY.length, within.length - 3))).toBe('ok')
  })
})

describe('inspectImage refuses', () => {
  it.each([
    ['no bytes', new Uint8Array(0)],
    ['SVG', ascii('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['SVG behind a byte order mark and an XML prolog', ascii('\ufeff<?xml version="1.0"?><svg/>')],
    ['HTML', ascii('<!doctype html><script>alert(1)</script>')],
    ['GIF', samples.GIF],
    ['GIF that is a script too', ascii('GIF89a/*x*/=1;alert(1)')],
    ['a PDF', ascii('%PDF-1.7')],
    ['a ZIP archive', Uint8Array.of(0x50, 0x4b, 3, 4)],
    ['a sound in RIFF', ascii('RIFF\u0004\0\0\0WAVE')],
    ['half a signature', PNG.subarray(0, 7)],
    ['a moving WebP', samples.WEBP_ANIMATED],
    ['a moving WebP that hides its flag', patched(samples.WEBP_ANIMATED, 20, 0x10)],
    ['a moving PNG', makePng(5, 3, pngChunk('acTL', [0, 0, 0, 2, 0, 0, 0, 0]))],
  ])('%s as no picture', (_, bytes) => {
    expect(reason(bytes)).toBe('not_an_image')
  })

  it('more than 2 MiB before looking at anything', () => {
    expect(reason(new Uint8Array(IMAGE_MAX_BYTES + 1))).toBe('too_large')
  })

  it.each([
    [
      'PNG that claims 60000 x 60000 in 100 bytes',
      concat(png(pngHeader(60_000, 60_000)), new Uint8Array(67)),
    ],
    ['PNG of 4097 x 1', png(pngHeader(4097, 1), DATA, END)],
    ['PNG of 1 x 4097', png(pngHeader(1, 4097), DATA, END)],
    ['PNG of the largest number there is', png(pngHeader(2 ** 32 - 1, 2 ** 32 - 1), DATA, END)],
    ['JPEG of 4097 x 3', patched(samples.JPEG_BASELINE, SOF + 7, 16, 1)],
    ['JPEG of 65535 x 65535', patched(samples.JPEG_BASELINE, SOF + 5, 255, 255, 255, 255)],
    ['lossy WebP of 16383 x 3', patched(samples.WEBP_LOSSY, 26, 255, 63)],
    ['lossless WebP of 16384 x 16384', patched(samples.WEBP_LOSSLESS, 21, 255, 255, 255, 0x0f)],
    [
      'WebP with a canvas of 16 million pixels a side',
      patched(samples.WEBP_ALPHA, 24, 255, 255, 255, 255, 255, 255),
    ],
  ])('too many pixels: %s', (_, bytes) => {
    expect(reason(bytes)).toBe('too_many_pixels')
  })

  it.each([
    ['HTML behind its signature', png(ascii('<script>alert(1)</script>'))],
    ['no chunk', png()],
    ['another first chunk', png(pngChunk('tEXt', [65]), pngHeader(5, 3), DATA, END)],
    ['a second header', png(pngHeader(5, 3), pngHeader(5, 3), DATA, END)],
    ['a header of 12 bytes', png(pngChunk('IHDR', new Uint8Array(12)), DATA, END)],
    ['no width', png(pngHeader(0, 3), DATA, END)],
    ['no height', png(pngHeader(5, 0), DATA, END)],
    ['a bit depth that its colours do not have', png(pngHeader(5, 3, 2, 4), DATA, END)],
    ['an unknown colour type', png(pngHeader(5, 3, 5), DATA, END)],
    [
      'an unknown compression',
      png(pngChunk('IHDR', [0, 0, 0, 5, 0, 0, 0, 3, 8, 2, 1, 0, 0]), DATA, END),
    ],
    [
      'an unknown interlace method',
      png(pngChunk('IHDR', [0, 0, 0, 5, 0, 0, 0, 3, 8, 2, 0, 0, 2]), DATA, END),
    ],
    ['a wrong CRC in its header', patched(PNG, 29, 0, 0, 0, 0)],
    ['a wrong CRC in its data', patched(PNG, PNG.length - 14, 1, 2)],
    ['a wrong CRC at its end', patched(PNG, PNG.length - 1, 0)],
    ['no data', png(pngHeader(5, 3), END)],
    ['empty data', png(pngHeader(5, 3), pngChunk('IDAT'), END)],
    ['data in two places', png(pngHeader(5, 3), DATA, pngChunk('tIME', [1]), DATA, END)],
    ['no palette where one is needed', png(pngHeader(5, 3, 3), DATA, END)],
    ['a palette that comes late', png(pngHeader(5, 3), DATA, pngChunk('PLTE', [1, 2, 3]), END)],
    ['a palette for grey', png(pngHeader(5, 3, 0), pngChunk('PLTE', [1, 2, 3]), DATA, END)],
    ['a palette of four bytes', png(pngHeader(5, 3, 3), pngChunk('PLTE', [1, 2, 3, 4]), DATA, END)],
    [
      'two palettes',
      png(pngHeader(5, 3, 3), pngChunk('PLTE', [1, 2, 3]), pngChunk('PLTE', [1, 2, 3]), DATA, END),
    ],
    ['an unknown chunk that matters', makePng(5, 3, pngChunk('EVIL', [1]))],
    ['a chunk whose name is no name', makePng(5, 3, pngChunk('a<b>', [1]))],
    ['no end', png(pngHeader(5, 3), DATA)],
    ['an end with content', png(pngHeader(5, 3), DATA, pngChunk('IEND', [1]))],
    ['a chunk after its end', concat(PNG, pngChunk('tEXt', [65]))],
    ['a length beyond the file', patched(PNG, 33, 0x7f, 255, 255, 255)],
    ['a length that wraps around', patched(PNG, 33, 255, 255, 255, 244)],
  ])('a PNG with %s', (_, bytes) => {
    expect(reason(bytes)).toBe('broken')
  })

  const jpeg = samples.JPEG_BASELINE
  it.each([
    ['HTML behind its signature', concat(jpeg.subarray(0, 3), ascii('<script>alert(1)</script>'))],
    ['nothing behind its start', jpeg.subarray(0, 3)],
    ['a start and an end only', Uint8Array.of(255, 0xd8, 255, 0xd9)],
    ['a cut off segment length', concat(jpeg.subarray(0, DQT), Uint8Array.of(255, 0xdb, 0))],
    ['a segment shorter than its length field', patched(jpeg, DQT + 2, 0, 1)],
    ['a segment longer than the file', patched(jpeg, DQT + 2, 255, 255)],
    [
      'a byte between segments',
      concat(jpeg.subarray(0, DQT), Uint8Array.of(0), jpeg.subarray(DQT)),
    ],
    ['arithmetic coding, which browsers do not show', patched(jpeg, SOF + 1, 0xc9)],
    ['a lossless frame, which browsers do not show', patched(jpeg, SOF + 1, 0xc3)],
    [
      'a second start',
      concat(jpeg.subarray(0, DQT), Uint8Array.of(255, 0xd8, 0, 2), jpeg.subarray(DQT)),
    ],
    ['12 bits a sample', patched(jpeg, SOF + 4, 12)],
    ['no height', patched(jpeg, SOF + 5, 0, 0)],
    ['no width', patched(jpeg, SOF + 7, 0, 0)],
    ['two components', patched(jpeg, SOF + 9, 2)],
    ['two frames', concat(jpeg.subarray(0, SOF + 19), jpeg.subarray(SOF))],
    ['a scan before the frame', concat(jpeg.subarray(0, SOF), jpeg.subarray(SOS))],
    ['no quantisation table', concat(jpeg.subarray(0, DQT), jpeg.subarray(SOF))],
    ['no Huffman table', concat(jpeg.subarray(0, SOF + 19), jpeg.subarray(SOS))],
    ['no scan', concat(jpeg.subarray(0, SOS), Uint8Array.of(255, 0xd9))],
    ['a scan without data', concat(jpeg.subarray(0, SOS + 14), Uint8Array.of(255, 0xd9))],
    ['a scan of five components', patched(jpeg, SOS + 4, 5)],
    ['a scan header that does not fit its length', patched(jpeg, SOS + 4, 2)],
  ])('a JPEG with %s', (_, bytes) => {
    expect(reason(bytes)).toBe('broken')
  })

  const { WEBP_ALPHA: alpha, WEBP_LOSSY: lossy, WEBP_LOSSLESS: lossless } = samples
  /** A WebP of the given chunks, its RIFF size right. */
  const webp = (...chunks: Uint8Array[]) => {
    const whole = concat(ascii('RIFF\0\0\0\0WEBP'), ...chunks)
    new DataView(whole.buffer).setUint32(4, whole.length - 8, true)
    return whole
  }
  const [header, alphaChunk, picture] = [
    alpha.subarray(12, 30),
    alpha.subarray(30, 54),
    alpha.subarray(54),
  ]
  const vp8l = lossless.subarray(12)

  it('checks the parts that the next cases are made of', () => {
    expect(webp(header, alphaChunk, picture)).toEqual(alpha)
    expect(reason(webp(header, vp8l))).toBe('ok')
  })

  it.each([
    [
      'HTML behind its signature',
      concat(lossy.subarray(0, 12), ascii('<script>alert(1)</script>')),
    ],
    ['no chunk', webp()],
    ['a size that is too small', patched(lossy, 4, lossy.length - 10)],
    ['a size that is too large', patched(lossy, 4, lossy.length - 6)],
    ['a chunk beyond the file', patched(lossy, 16, 255, 255, 255, 255)],
    ['half a chunk header', webp(lossy.subarray(12), ascii('EXIF'))],
    ['padding that is not zero', patched(lossless, lossless.length - 1, 1)],
    ['no padding', webp(lossless.subarray(12, lossless.length - 1))],
    ['something behind its only picture', webp(lossy.subarray(12), ascii('EXIF\u0004\0\0\0abcd'))],
    ['no picture', webp(ascii('EXIF\u0004\0\0\0abcd'))],
    ['a lossy frame that builds on another', patched(lossy, 20, (lossy[20] ?? 0) | 1)],
    ['a lossy frame that is not shown', patched(lossy, 20, (lossy[20] ?? 0) & ~0x10)],
    ['a lossy frame without its start code', patched(lossy, 23, 0)],
    ['a lossy frame whose first part is longer than itself', patched(lossy, 21, 255, 255)],
    ['a lossy frame of 10 bytes', webp(ascii('VP8 \n\0\0\0'), lossy.subarray(20, 30))],
    ['a lossy frame without width', patched(lossy, 26, 0, 0)],
    ['a lossless frame without its signature', patched(lossless, 20, 0x2e)],
    ['a lossless frame of an unknown version', patched(lossless, 24, 0x20)],
    ['a lossless frame of 4 bytes', webp(ascii('VP8L\u0004\0\0\0'), lossless.subarray(20, 24))],
    ['an extended header of 8 bytes', webp(ascii('VP8X\b\0\0\0'), header.subarray(8, 16), picture)],
    ['an extended header and no picture', webp(header, alphaChunk)],
    ['a canvas of another width', patched(alpha, 24, 5)],
    ['a canvas of another height', patched(alpha, 27, 5)],
    ['two pictures', webp(header, picture, picture)],
    ['two extended headers', webp(header, header, picture)],
    ['two alpha chunks', webp(header, alphaChunk, alphaChunk, picture)],
    ['alpha behind the picture', webp(header, picture, alphaChunk)],
    ['alpha for a lossless picture', webp(header, alphaChunk, vp8l)],
    ['a broken picture inside', webp(header, patched(picture, 11, 0))],
    [
      'hundreds of chunks',
      webp(header, picture, ...Array.from({ length: 200 }, () => ascii('abcd\0\0\0\0'))),
    ],
  ])('a WebP with %s', (_, bytes) => {
    expect(reason(bytes)).toBe('broken')
  })
})

describe('inspectImage is safe', () => {
  const whole: [string, Uint8Array][] = [
    ['PNG', PNG],
    ['JPEG', samples.JPEG_BASELINE],
    ['progressive JPEG', samples.JPEG_PROGRESSIVE],
    ['JPEG with restarts', samples.JPEG_RESTARTS],
    ['lossy WebP', samples.WEBP_LOSSY],
    ['lossless WebP', samples.WEBP_LOSSLESS],
    ['WebP with alpha', samples.WEBP_ALPHA],
    ['WebP with metadata', samples.WEBP_EXIF],
  ]

  it.each(whole)('refuses a %s cut after any byte', (_, bytes) => {
    const accepted = Array.from(bytes.keys()).filter(
      (length) => reason(bytes.subarray(0, length)) === 'ok',
    )
    expect(accepted).toEqual([])
  })

  it.each(whole)('refuses a %s with anything behind its end', (_, bytes) => {
    const tails = [
      '\0',
      '\n',
      '<script>alert(1)</script>',
      'PK\u0003\u0004 archive',
      '\u00ff\u00d9',
    ]
    const accepted = tails.filter(
      (tail) =>
        reason(
          concat(
            bytes,
            Uint8Array.from(tail, (c) => c.charCodeAt(0)),
          ),
        ) === 'ok',
    )
    expect(accepted).toEqual([])
    expect(reason(concat(bytes, bytes))).toBe('broken')
  })

  it('never throws, and finds every changed byte of a PNG', () => {
    const random = seeded(20_260_131)
    for (let round = 0; round < 20_000; round++) {
      const [name, bytes] = whole[random(whole.length)] ?? ['PNG', PNG]
      const mutant = bytes.slice(0, random(4) === 0 ? random(bytes.length) : bytes.length)
      for (let change = random(4); change >= 0 && mutant.length > 0; change--)
        mutant[random(mutant.length)] = random(256)
      const found = inspectImage(mutant)
      const isSame =
        mutant.length === bytes.length && mutant.every((byte, at) => byte === bytes[at])
      if (name === 'PNG') expect(found.ok, `round ${round}`).toBe(isSame)
      if (found.ok) {
        expect(Math.min(found.width, found.height), `round ${round}`).toBeGreaterThan(0)
        expect(Math.max(found.width, found.height), `round ${round}`).toBeLessThanOrEqual(4096)
      }
    }
  })

  it('judges 2 MiB of the most laborious bytes quickly', () => {
    const hostile = (start: Uint8Array, ...pattern: number[]) => {
      const bytes = new Uint8Array(IMAGE_MAX_BYTES).map(
        (_, at) => pattern[at % pattern.length] ?? 0,
      )
      bytes.set(start)
      return bytes
    }
    const scan = samples.JPEG_BASELINE.subarray(0, SOS + 14)
    const emptyChunks = concat(...Array.from({ length: 20_000 }, () => pngChunk('tEXt')))
    const cases = [
      makePng(5, 3, pngChunk('prVt', new Uint8Array(IMAGE_MAX_BYTES - 500))),
      makePng(5, 3, emptyChunks),
      hostile(samples.JPEG_BASELINE.subarray(0, 2), 0xff),
      hostile(samples.JPEG_BASELINE.subarray(0, 2), 0xff, 0xe0, 0, 2),
      hostile(scan, 0xff, 0),
      hostile(scan, 0xff, 0xd0),
      hostile(ascii('RIFF\u00f8\u00ff\u001f\0WEBP'), 97, 98, 99, 100, 0, 0, 0, 0),
    ]
    for (const bytes of cases) expectQuick(() => inspectImage(bytes), 400)
  })
})

/** Whole numbers below a limit, the same in each run. */
function seeded(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
