/** The logo inside the signup form: a `data:` URL, judged by its content and never by what it calls itself. */
import { parseImageDataUrl } from '../../lib/data-url.ts'
import { say } from '../../messages/message.ts'
import { type ReadLogo, readPicture } from '../logos/picture.ts'

export function readLogo(dataUrl: string): ReadLogo {
  const parsed = parseImageDataUrl(dataUrl)
  return parsed ? readPicture(parsed.bytes) : { ok: false, message: say('logo_wrong_kind') }
}
