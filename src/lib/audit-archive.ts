/**
 * What an archive of the audit log is: rows as NDJSON, one a line and in the order of their ids, gzipped. The same rows
 * always give the same bytes, and the name tells their days, their ids and their digest: written twice, an archive is the
 * same object; two that differ are never one.
 * No I/O. No clock.
 */
export interface ArchivedRow {
  id: string
  [column: string]: unknown
}

export interface Archive {
  bytes: Uint8Array
  /** Of the bytes as they are stored, gzipped. */
  sha256: string
  rowCount: number
  firstId: string
  lastId: string
}

const NEWLINE = '\n'

/** `rows`: at least one, in the order of their ids. */
export async function packArchive(rows: readonly ArchivedRow[]): Promise<Archive> {
  const text = rows.map((row) => JSON.stringify(row) + NEWLINE).join('')
  const bytes = await through(new CompressionStream('gzip'), new TextEncoder().encode(text))
  const sha256 = await digestOf(bytes)
  return {
    bytes,
    sha256,
    rowCount: rows.length,
    firstId: rows[0]?.id ?? '',
    lastId: rows.at(-1)?.id ?? '',
  }
}

/** The rows of an archive, once its bytes are those that were stored and its rows those that were counted. Throws otherwise. */
export async function unpackArchive(
  bytes: Uint8Array,
  recorded: Pick<Archive, 'sha256' | 'rowCount' | 'lastId'>,
): Promise<ArchivedRow[]> {
  const sha256 = await digestOf(bytes)
  if (sha256 !== recorded.sha256) throw new Error(`its SHA-256 is ${sha256}`)
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
    await through(new DecompressionStream('gzip'), bytes),
  )
  const rows = text
    .split(NEWLINE)
    .slice(0, -1)
    .map((line) => JSON.parse(line) as ArchivedRow)
  if (rows.length !== recorded.rowCount) throw new Error(`it has ${rows.length} rows`)
  if (rows.some(({ id }, at) => at > 0 && id <= (rows[at - 1]?.id ?? ''))) {
    throw new Error('its rows are not in order')
  }
  if (rows.at(-1)?.id !== recorded.lastId) throw new Error(`it ends with ${rows.at(-1)?.id}`)
  return rows
}

async function through(
  transform: CompressionStream | DecompressionStream,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(transform)
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

async function digestOf(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
