/**
 * Is this a still PNG, JPEG or WebP picture, whole and of a bearable size? The content decides, never a name or a
 * declared type. Each format is walked from its first byte to its last: so SVG and GIF, HTML behind a picture's first
 * bytes, cut files and files with something behind their end (an archive, a script) are refused. No pixel is decoded:
 * a picture of 60 000 pixels a side costs no more than its header. Animations are refused: hundreds of frames of full
 * size fit into few bytes.
 */
import { type Fault, type Size, textAt } from './image/format.ts'
import { inspectJpeg, jpegWithoutMetadata } from './image/jpeg.ts'
import { inspectPng, pngWithoutMetadata } from './image/png.ts'
import { inspectWebp, webpWithoutMetadata } from './image/webp.ts'

export const IMAGE_MAX_BYTES = 2 * 1024 * 1024

export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp'] as const
export type ImageType = (typeof IMAGE_TYPES)[number]
export type ImageInspection =
  | { ok: true; type: ImageType; width: number; height: number }
  | { ok: false; reason: 'too_large' | Fault }

/** Judges up to 2 MiB; 1..4096 pixels a side. Never throws, never changes the bytes. */
export function inspectImage(bytes: Uint8Array): ImageInspection {
  if (bytes.length > IMAGE_MAX_BYTES) return { ok: false, reason: 'too_large' }
  const type = typeBySignature(bytes)
  if (!type) return { ok: false, reason: 'not_an_image' }
  const found = inspectAs(type, bytes)
  if (typeof found === 'string') return { ok: false, reason: found }
  return { ok: true, type, width: found.width, height: found.height }
}

/**
 * The same picture without what it tells beside itself: where and when it was taken, by whom, with what, its thumbnail,
 * its comments (ASVS V14.2.8). Colour profile and orientation stay: without them it would look another. Only for bytes
 * that `inspectImage` has taken as this type; it takes the result too. Done twice it changes nothing more.
 */
export function withoutMetadata(bytes: Uint8Array, type: ImageType): Uint8Array {
  switch (type) {
    case 'image/png':
      return pngWithoutMetadata(bytes)
    case 'image/jpeg':
      return jpegWithoutMetadata(bytes)
    case 'image/webp':
      return webpWithoutMetadata(bytes)
    default:
      return type satisfies never
  }
}

function typeBySignature(bytes: Uint8Array): ImageType | undefined {
  if (textAt(bytes, 0, 8) === '\u0089PNG\r\n\u001a\n') return 'image/png'
  if (textAt(bytes, 0, 3) === '\u00ff\u00d8\u00ff') return 'image/jpeg'
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return 'image/webp'
  return undefined
}

function inspectAs(type: ImageType, bytes: Uint8Array): Size | Fault {
  switch (type) {
    case 'image/png':
      return inspectPng(bytes)
    case 'image/jpeg':
      return inspectJpeg(bytes)
    case 'image/webp':
      return inspectWebp(bytes)
    default:
      return type satisfies never
  }
}
