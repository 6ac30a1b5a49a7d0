/** The logo inside the signup form: a `data:` URL, judged by its content and never by what it calls itself. */
import { parseImageDataUrl } from '../../lib/data-url.ts'
import { inspectImage } from '../../lib/image.ts'
import { type Said, say } from '../../messages/message.ts'

export interface Logo {
  bytes: Uint8Array
  type: 'image/png' | 'image/jpeg' | 'image/webp'
}

type Refusal = Extract<ReturnType<typeof inspectImage>, { ok: false }>['reason']

const WRONG_KIND = say('logo_wrong_kind')

const MESSAGES: Record<Refusal, Said> = {
  too_large: say('logo_too_large'),
  too_many_pixels: say('logo_too_many_pixels'),
  not_an_image: WRONG_KIND,
  broken: say('logo_broken'),
}

export function readLogo(dataUrl: string): { ok: true; logo: Logo } | { ok: false; message: Said } {
  const parsed = parseImageDataUrl(dataUrl)
  if (!parsed) return { ok: false, message: WRONG_KIND }
  const inspected = inspectImage(parsed.bytes)
  if (!inspected.ok) return { ok: false, message: MESSAGES[inspected.reason] }
  return { ok: true, logo: { bytes: parsed.bytes, type: inspected.type } }
}
