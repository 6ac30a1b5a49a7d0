/** The name under which a browser would save a logo: ours alone, so that nothing of a client ever stands in the header. No I/O. */
import type { LogoType } from './picture.ts'

const NAMES: Record<LogoType, string> = {
  'image/png': 'logo.png',
  'image/jpeg': 'logo.jpg',
  'image/webp': 'logo.webp',
}

export function dispositionOf(type: LogoType): string {
  return `inline; filename="${NAMES[type]}"`
}
