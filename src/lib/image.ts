/**
 * Is this a still PNG, JPEG or WebP picture, whole and of a bearable size? The content decides, never a name or a
 * declared type. Each format is walked from its first byte to its last: so SVG and GIF, HTML behind a picture's first
 * bytes, cut files and files with something behind their end (an archive, a script) are refused. No pixel is decoded:
 * a picture of 60 000 pixels a side costs no more than its header. Animations are refused: hundreds of frames of full
 * size fit into few bytes.
 */
import { type Fault, type Size, textAt } from './image/format.ts'
import { inspectJpeg } from './image/jpeg.ts'
import { inspectPng } from './image/png.ts'
import { inspectWebp } from './image/webp.ts'

export const IMAGE_MAX_BYTES = 2 * 1024 * 1024

export type ImageType = 'image/png' | 'image/jpeg' | 'image/webp'
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
