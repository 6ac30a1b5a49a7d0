import { describe, expect, it } from 'vitest'
import {
  IMAGE_MAX_BYTES,
  type ImageType,
  inspectImage,
  withoutMetadata,
} from '../../src/lib/image.ts'
import { expectQuick } from './hostile.ts'
import * as samples from './image-samples.ts'

const { ascii, concat, makePng, pngChunk } = samples

/** What a camera tells, and what none of it may be found of afterwards. */
const SECRET = 'GPS 48.8583N 2.2945E, Mira Rao'

/** A TIFF block of two tags: the orientation and, as a text, the secret. */
function tiff(orientation: number, { isLittle = false } = {}): Uint8Array {
  const block = new Uint8Array(38 + SECRET.length)
  const view = new DataView(block.buffer)
  block.set(ascii(isLittle ? 'II' : 'MM'))
  view.setUint16(2, 42, isLittle)
  view.setUint32(4, 8, isLittle)
  view.setUint16(8, 2, isLittle)
  const tags = [
    [0x010e, 2, SECRET.length],
    [0x0112, 3, 1],
  ] as const
  for (const [nth, [tag, type, count]] of tags.entries()) {
    view.setUint16(10 + nth * 12, tag, isLittle)
    view.setUint16(12 + nth * 12, type, isLittle)
    view.setUint32(14 + nth * 12, count, isLittle)
  }
  view.setUint32(18, 38, isLittle)
  view.setUint16(30, orientation, isLittle)
  block.set(ascii(SECRET), 38)
  return block
}

/** As this product writes it. */
const only = (orientation: number) =>
  Uint8Array.of(
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0],
  )

const exif = (block: Uint8Array) => concat(ascii('Exif\0\0'), block)
const segment = (marker: number, data: Uint8Array) =>
  concat(Uint8Array.of(0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255), data)
/** Behind the first segment, which says that it is JFIF. */
const jpeg = (...segments: Uint8Array[]) =>
  concat(samples.JPEG_BASELINE.subarray(0, 20), ...segments, samples.JPEG_BASELINE.subarray(20))

function webpChunk(type: string, data: Uint8Array): Uint8Array {
  const head = new Uint8Array(8)
  head.set(ascii(type))
  new DataView(head.buffer).setUint32(4, data.length, true)
  return concat(head, data, new Uint8Array(data.length % 2))
}

/** An extended WebP of the lossless sample. */
function webp(flags: number, ...chunks: Uint8Array[]): Uint8Array {
  const body = concat(
    ascii('WEBP'),
    webpChunk('VP8X', Uint8Array.of(flags, 0, 0, 0, 4, 0, 0, 2, 0, 0)),
    ...chunks,
  )
  const head = new Uint8Array(8)
  head.set(ascii('RIFF'))
  new DataView(head.buffer).setUint32(4, body.length, true)
  return concat(head, body)
}
const VP8L = samples.WEBP_LOSSLESS.subarray(12)
const PROFILE = ascii('a colour profile')
const ICC = concat(ascii('ICC_PROFILE\0'), Uint8Array.of(1, 1), PROFILE)

function typeOf(bytes: Uint8Array): ImageType {
  const found = inspectImage(bytes)
  if (!found.ok) throw new Error(`no picture: ${found.reason}`)
  return found.type
}
const clean = (bytes: Uint8Array) => withoutMetadata(bytes, typeOf(bytes))
const textOf = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

/** Pictures that tell the secret in every way that their format has. */
const TELLING: [string, Uint8Array][] = [
  [
    'a PNG',
    makePng(
      5,
      3,
      pngChunk('gAMA', [0, 0, 177, 143]),
      pngChunk('tEXt', ascii(`Comment\0${SECRET}`)),
      pngChunk('zTXt', ascii(`Author\0\0${SECRET}`)),
      pngChunk('iTXt', ascii(`XML:com.adobe.xmp\0\0\0\0\0${SECRET}`)),
      pngChunk('tIME', [7, 231, 1, 1, 1, 1, 1]),
      pngChunk('eXIf', tiff(6)),
      pngChunk('eXIf', tiff(3)),
      pngChunk('prVt', ascii(SECRET)),
    ),
  ],
  [
    'a JPEG',
    jpeg(
      segment(0xe0, concat(ascii('JFXX\0'), ascii(SECRET))),
      segment(0xe1, exif(tiff(6, { isLittle: true }))),
      segment(0xe1, exif(tiff(3))),
      segment(0xe1, ascii(`http://ns.adobe.com/xap/1.0/\0${SECRET}`)),
      segment(0xe2, ICC),
      segment(0xe2, ascii(`MPF\0${SECRET}`)),
      segment(0xed, ascii(`Photoshop 3.0\0${SECRET}`)),
      segment(0xee, ascii(`Adobe secrets ${SECRET}`)),
      segment(0xef, ascii(SECRET)),
      segment(0xfe, ascii(SECRET)),
    ),
  ],
  [
    'a WebP',
    webp(
      0x2c,
      webpChunk('ICCP', PROFILE),
      VP8L,
      webpChunk('EXIF', exif(tiff(6))),
      webpChunk('EXIF', tiff(3)),
      webpChunk('XMP ', ascii(SECRET)),
      webpChunk('NOTE', ascii(SECRET)),
    ),
  ],
]

const SAMPLES = Object.entries(samples).filter(
  (entry): entry is [string, Uint8Array] =>
    entry[1] instanceof Uint8Array && inspectImage(entry[1]).ok,
)

describe('withoutMetadata works', () => {
  it.each(TELLING)('%s tells nothing any more', (_, bytes) => {
    expect(textOf(bytes)).toContain('GPS')
    const text = textOf(clean(bytes))
    expect(text).not.toMatch(/GPS|Mira|secrets|JFXX|MPF|xmp|XMP|Photoshop|NOTE|prVt|tIME|tEXt/)
  })

  it.each(TELLING)('%s is the same picture, of the same size and type', (_, bytes) => {
    expect(inspectImage(clean(bytes))).toEqual(inspectImage(bytes))
  })

  it.each(TELLING)('%s keeps the first orientation that it had', (_, bytes) => {
    const text = textOf(clean(bytes))
    expect(text.split(textOf(only(6)))).toHaveLength(2)
    expect(text).not.toContain(textOf(only(3)))
  })

  it('keeps the colour profile, of a JPEG and of a WebP', () => {
    const [, jpegBytes, webpBytes] = TELLING.map(([, bytes]) => textOf(clean(bytes)))
    expect(jpegBytes).toContain(textOf(segment(0xe2, ICC)))
    expect(webpBytes).toContain(textOf(webpChunk('ICCP', PROFILE)))
  })

  it('tells of a WebP only what is still there', () => {
    const flagsOf = (bytes: Uint8Array) => clean(bytes)[20]
    const [alpha, icc, exifFlag, xmp] = [0x10, 0x20, 0x08, 0x04]
    expect(flagsOf(webp(icc | exifFlag | xmp, VP8L))).toBe(icc)
    expect(flagsOf(webp(exifFlag, VP8L, webpChunk('EXIF', tiff(8))))).toBe(exifFlag)
    expect(flagsOf(webp(0xc1 | alpha | xmp, VP8L))).toBe(alpha)
  })

  it('leaves a JPEG no thumbnail, and Adobe’s segment only its colour transform', () => {
    const jfif = concat(
      ascii('JFIF\0'),
      Uint8Array.of(1, 1, 0, 0, 1, 0, 1, 2, 2),
      ascii('secret small pic'),
    )
    const adobe = concat(ascii('Adobe'), Uint8Array.of(0, 100, 0, 0, 0, 0, 2), ascii('and more'))
    const bytes = concat(
      samples.JPEG_BASELINE.subarray(0, 2),
      segment(0xe0, jfif),
      segment(0xee, adobe),
      samples.JPEG_BASELINE.subarray(20),
    )
    const expected = concat(
      samples.JPEG_BASELINE.subarray(0, 2),
      segment(0xe0, concat(jfif.subarray(0, 12), Uint8Array.of(0, 0))),
      segment(0xee, adobe.subarray(0, 12)),
      samples.JPEG_BASELINE.subarray(20),
    )
    expect(clean(bytes)).toEqual(expected)
  })

  it.each(SAMPLES)('changes no picture that tells nothing: %s', (name, bytes) => {
    const told = name === 'WEBP_EXIF'
    expect(clean(bytes).length === bytes.length).toBe(!told)
    if (!told) expect(clean(bytes)).toEqual(bytes)
  })

  it.each([0, 1, 9, 255])('writes no orientation that turns nothing: %i', (orientation) => {
    for (const bytes of [
      makePng(5, 3, pngChunk('eXIf', tiff(orientation))),
      jpeg(segment(0xe1, exif(tiff(orientation)))),
      webp(8, VP8L, webpChunk('EXIF', tiff(orientation))),
    ]) {
      expect(textOf(clean(bytes))).not.toMatch(/MM\0\*|II\*|Exif|EXIF|eXIf/)
    }
  })
})

describe('withoutMetadata is safe', () => {
  it.each(TELLING)('done twice it changes nothing more: %s', (_, bytes) => {
    const once = clean(bytes)
    expect(clean(once)).toEqual(once)
  })

  it('changes no bytes that it was given', () => {
    for (const [, bytes] of TELLING) {
      const copy = bytes.slice()
      clean(bytes)
      expect(bytes).toEqual(copy)
    }
  })

  it('believes no Exif block: one that is cut or points anywhere says nothing', () => {
    const whole = tiff(6)
    /** Behind the directory come its texts. */
    const DIRECTORY_END = 38
    const blocks = [
      ...Array.from({ length: DIRECTORY_END }, (_, length) => whole.subarray(0, length)),
      samples.patched(whole, 4, 255, 255, 255, 255),
      samples.patched(whole, 4, 0, 0, 0, 0),
      samples.patched(whole, 8, 255, 255),
      samples.patched(whole, 2, 0, 43),
      samples.patched(whole, 0, 0x58, 0x58),
      samples.patched(whole, 24, 0, 4),
    ]
    const keptOf = (block: Uint8Array) => clean(makePng(5, 3, pngChunk('eXIf', block)))
    for (const block of blocks) {
      const kept = keptOf(block)
      expect(inspectImage(kept)).toMatchObject({ ok: true, width: 5, height: 3 })
      expect(textOf(kept)).not.toContain('eXIf')
    }
    expect(textOf(keptOf(whole.subarray(0, DIRECTORY_END)))).toContain(textOf(only(6)))
  })

  it('whatever the bytes are: what is taken is still taken, no larger, and clean, afterwards', () => {
    let seed = 20_260
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    const bases = [...TELLING, ...SAMPLES].map(([, bytes]) => bytes)
    let taken = 0
    for (let round = 0; round < 4000; round++) {
      const base = bases[random(bases.length)] ?? new Uint8Array()
      const bytes = base.slice()
      for (let changes = random(4); changes >= 0; changes--) {
        bytes[random(bytes.length)] = random(256)
      }
      const found = inspectImage(bytes)
      if (!found.ok) continue
      taken += 1
      const once = withoutMetadata(bytes, found.type)
      expect(inspectImage(once)).toEqual(found)
      expect(once.length).toBeLessThanOrEqual(bytes.length)
      expect(withoutMetadata(once, found.type)).toEqual(once)
      expect(textOf(once)).not.toContain('Mira')
    }
    expect(taken).toBeGreaterThan(300)
  })

  it('is quick with the largest picture', () => {
    const chunk = pngChunk('tEXt', ascii('x'))
    const many = new Uint8Array(chunk.length * 150_000)
    for (let at = 0; at < many.length; at += chunk.length) many.set(chunk, at)
    const bytes = makePng(5, 3, many)
    expect(bytes.length).toBeLessThanOrEqual(IMAGE_MAX_BYTES)
    expect(clean(bytes)).toEqual(makePng(5, 3))
    expectQuick(() => withoutMetadata(bytes, 'image/png'), 1000)
  })
})
