/**
 * Which way up a picture is meant: a tag of its Exif data (CIPA DC-008, tag 0x0112) that browsers turn it by. It is the
 * one thing of Exif that is kept, in a block of our own making, so that no place, time, device or thumbnail goes with it.
 */
import { viewOf } from './format.ts'

const ORIENTATION = 0x0112
const SHORT = 3
const ENTRY_BYTES = 12
const BIG_ENDIAN = 0x4d4d
const LITTLE_ENDIAN = 0x4949

/** A TIFF block that says the orientation of this one and nothing else; undefined where it says none, or upright. */
export function orientationOnly(tiff: Uint8Array): Uint8Array | undefined {
  const orientation = orientationOf(tiff)
  if (orientation === undefined || orientation < 2 || orientation > 8) return undefined
  return Uint8Array.of(
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
    ...[ORIENTATION >> 8, ORIENTATION & 255, 0, SHORT, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0],
  )
}

/** As its first directory says; nothing is believed to be where it says that it is. */
function orientationOf(tiff: Uint8Array): number | undefined {
  if (tiff.length < 8) return undefined
  const view = viewOf(tiff)
  const order = view.getUint16(0)
  if (order !== BIG_ENDIAN && order !== LITTLE_ENDIAN) return undefined
  const isLittle = order === LITTLE_ENDIAN
  const directory = view.getUint32(4, isLittle)
  if (view.getUint16(2, isLittle) !== 42 || directory < 8 || directory + 2 > tiff.length) {
    return undefined
  }
  const count = view.getUint16(directory, isLittle)
  // Behind the entries stands where the next directory is: so a whole block is never shorter than ours.
  if (directory + 2 + count * ENTRY_BYTES + 4 > tiff.length) return undefined
  for (let nth = 0; nth < count; nth++) {
    const entry = directory + 2 + nth * ENTRY_BYTES
    if (view.getUint16(entry, isLittle) !== ORIENTATION) continue
    const isShort = view.getUint16(entry + 2, isLittle) === SHORT
    return isShort ? view.getUint16(entry + 8, isLittle) : undefined
  }
  return undefined
}
