/** A picture that somebody sends as a logo, whatever the way: judged by its content, and stripped of what it tells. No I/O. */
import { type ImageType, inspectImage, withoutMetadata } from '../../lib/image.ts'
import { type Said, say } from '../../messages/message.ts'

export type LogoType = ImageType

export interface Logo {
  bytes: Uint8Array
  type: LogoType
}

export type ReadLogo = { ok: true; logo: Logo } | { ok: false; message: Said }

type Refusal = Extract<ReturnType<typeof inspectImage>, { ok: false }>['reason']

const MESSAGES: Record<Refusal, Said> = {
  too_large: say('logo_too_large'),
  too_many_pixels: say('logo_too_many_pixels'),
  not_an_image: say('logo_wrong_kind'),
  broken: say('logo_broken'),
}

/** The logo as it is stored: without metadata. `message`: why it is none. */
export function readPicture(bytes: Uint8Array): ReadLogo {
  const inspected = inspectImage(bytes)
  if (!inspected.ok) return { ok: false, message: MESSAGES[inspected.reason] }
  const { type } = inspected
  return { ok: true, logo: { bytes: withoutMetadata(bytes, type), type } }
}
