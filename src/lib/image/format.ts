/** What the three picture formats have in common. */
export const IMAGE_MAX_SIDE_PIXELS = 4096

export type Size = { width: number; height: number }

/** `not_an_image`: no still PNG, JPEG or WebP. `broken`: its structure does not hold. */
export type Fault = 'not_an_image' | 'broken' | 'too_many_pixels'

/** The size, if it is one a picture may have. */
export function checkedSize(width: number, height: number): Size | Fault {
  if (width < 1 || height < 1) return 'broken'
  const fits = width <= IMAGE_MAX_SIDE_PIXELS && height <= IMAGE_MAX_SIDE_PIXELS
  return fits ? { width, height } : 'too_many_pixels'
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** `length` bytes at `at` as characters 0..255; fewer at the end. For signatures and chunk names. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}

/** The parts as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
