/** The logo inside the signup form: a `data:` URL, judged by its content and never by what it calls itself. */
import { parseImageDataUrl } from '../../lib/data-url.ts'
import { inspectImage } from '../../lib/image.ts'

export interface Logo {
  bytes: Uint8Array
  type: 'image/png' | 'image/jpeg' | 'image/webp'
}

const WRONG_KIND = 'The logo must be a PNG, JPEG or WebP picture.'

export function readLogo(
  dataUrl: string,
): { ok: true; logo: Logo } | { ok: false; message: string } {
  const parsed = parseImageDataUrl(dataUrl)
  if (!parsed) return { ok: false, message: WRONG_KIND }
  const inspected = inspectImage(parsed.bytes)
  if (inspected.ok) return { ok: true, logo: { bytes: parsed.bytes, type: inspected.type } }
  switch (inspected.reason) {
    case 'too_large':
      return { ok: false, message: 'The logo can have at most 2 MiB.' }
    case 'too_many_pixels':
      return { ok: false, message: 'The logo can have at most 4096 pixels a side.' }
    case 'not_an_image':
      return { ok: false, message: WRONG_KIND }
    case 'broken':
      return { ok: false, message: 'The logo is damaged. Export the picture again.' }
    default:
      return inspected.reason satisfies never
  }
}
