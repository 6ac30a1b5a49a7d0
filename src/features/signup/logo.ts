/** The logo inside the signup form: a `data:` URL, judged by its content and never by what it calls itself. */
import { parseImageDataUrl } from '../../lib/data-url.ts'
import { inspectImage } from '../../lib/image.ts'

export interface Logo {
  bytes: Uint8Array
  type: 'image/png' | 'image/jpeg' | 'image/webp'
}

type Refusal = Extract<ReturnType<typeof inspectImage>, { ok: false }>['reason']

const WRONG_KIND = 'The logo must be a PNG, JPEG or WebP picture that does not move.'

const MESSAGES: Record<Refusal, string> = {
  too_large: 'The logo can have at most 2 MiB.',
  too_many_pixels: 'The logo can have at most 4096 pixels a side.',
  not_an_image: WRONG_KIND,
  broken: 'The logo is damaged. Export the picture again.',
}

export function readLogo(
  dataUrl: string,
): { ok: true; logo: Logo } | { ok: false; message: string } {
  const parsed = parseImageDataUrl(dataUrl)
  if (!parsed) return { ok: false, message: WRONG_KIND }
  const inspected = inspectImage(parsed.bytes)
  if (!inspected.ok) return { ok: false, message: MESSAGES[inspected.reason] }
  return { ok: true, logo: { bytes: parsed.bytes, type: inspected.type } }
}
