import { inflateSync } from 'fflate'

/** The text of a list in `lists/`: raw DEFLATE (RFC 1951) of UTF-8. */
export function inflateText(list: ArrayBuffer | Uint8Array): string {
  return new TextDecoder().decode(inflateSync(new Uint8Array(list)))
}
