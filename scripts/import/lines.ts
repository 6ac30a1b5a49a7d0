/**
 * Cuts a stream of bytes into the lines of an NDJSON file. It holds one line and one chunk at a time, however large the
 * file, and one line never more than the cap: what is longer is skipped up to its end. No I/O of its own.
 */

export interface Line {
  /** Counted from 1, blank lines too, as an editor counts. */
  number: number
  /** Undefined where it is longer than the cap or no UTF-8. */
  text: string | undefined
  fault?: 'too_long' | 'not_utf8'
  /** Bytes of the file up to the end of this line. */
  end: number
}

/** Longest line in bytes; the longest valid one has a few kilobytes. */
export const LINE_MAX_BYTES = 64 * 1024
const LINE_FEED = 10

/** Every line that is not blank. A byte order mark at the beginning and a carriage return at an end are dropped. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = []
  let held = 0
  let number = 0
  let end = 0
  const take = (): Line | undefined => {
    number += 1
    const line = toLine(parts, held, { number, end })
    parts = []
    held = 0
    return line
  }
  const hold = (part: Uint8Array) => {
    // Beyond the cap only the length counts.
    if (held <= LINE_MAX_BYTES) parts.push(new Uint8Array(part))
    held += part.length
    end += part.length
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, start)) {
      hold(chunk.subarray(start, at))
      end += 1
      start = at + 1
      const line = take()
      if (line) yield line
    }
    hold(chunk.subarray(start))
  }
  const last = held > 0 ? take() : undefined
  if (last) yield last
}

function toLine(
  parts: readonly Uint8Array[],
  length: number,
  place: { number: number; end: number },
): Line | undefined {
  if (length > LINE_MAX_BYTES) return { ...place, text: undefined, fault: 'too_long' }
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  try {
    // A decoder for each line: it drops a byte order mark at the beginning of what it reads.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: place.number > 1 }).decode(
      bytes,
    )
    return text.trim() === '' ? undefined : { ...place, text }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { ...place, text: undefined, fault: 'not_utf8' }
  }
}
