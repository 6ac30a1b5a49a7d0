import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'

/** Writes a list for the Worker: raw DEFLATE (RFC 1951) of its text. */
export function writeList(name: 'public-suffixes' | 'common-passwords', text: string): void {
  const path = `src/lib/lists/${name}.bin`
  const data = deflateRawSync(text, { level: 9, memLevel: 9 })
  writeFileSync(join(import.meta.dirname, '..', path), data)
  console.log(`wrote ${path}: ${text.length} characters, ${data.length} bytes`)
}
