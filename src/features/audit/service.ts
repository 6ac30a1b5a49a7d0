/**
 * The audit log, page by page or as one file. A file is read while it is sent: one page of rows at a time, and the next
 * only once the client has taken the one before. It holds every row that matched as it began, each once, whatever is
 * written meanwhile. A file that cannot be finished breaks off, so that nobody takes a part for the whole. Whoever reads
 * is on record before the first byte: for each file, and for pages once an hour and filter (V16.4.2).
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRow, auditRowWhere } from '../../audit.ts'
import type { Deps } from '../../deps.ts'
import { isoTime } from '../../http/envelope.ts'
import type { Page } from '../../http/paging.ts'
import { utf8 } from '../../lib/encoding.ts'
import { errorFields } from '../../log.ts'
import { type AuditFilter, type AuditRow, isRecorded, selectAuditRows } from './repository.ts'
import { EXPORTS, type ExportType } from './views.ts'

export const ROWS_PER_PAGE = 1000
const HOUR_MS = 3_600_000
/** D1 answers a thousand queries to one request. */
const PAGES_MAX = 900

/** One page, newest first, and one row more where there are more. */
export async function listAuditLog(
  { db }: Pick<Deps, 'db'>,
  filter: AuditFilter,
  { cursor: before, limit }: Page,
  by: { adminId: string; context: AuditContext },
): Promise<AuditRow[]> {
  const details = toDetails(filter)
  const [rows] = await db.batch([
    selectAuditRows(db, filter, { before, limit: limit + 1 }),
    auditRowWhere(db, 'audit_read', by.context, {
      actorId: by.adminId,
      details,
      condition: sql`not ${isRecorded(by.adminId, details, by.context.now - HOUR_MS)}`,
    }),
  ])
  return rows
}

/** All that matches, newest first. Fails before it begins where the database does; after that the stream breaks off. */
export async function exportAuditLog(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  filter: AuditFilter,
  by: { type: ExportType; adminId: string; context: AuditContext },
): Promise<ReadableStream<Uint8Array>> {
  const pageBefore = (before?: string) =>
    selectAuditRows(db, filter, { before, limit: ROWS_PER_PAGE })
  const [first] = await db.batch([
    pageBefore(),
    auditRow(db, 'audit_exported', by.context, {
      actorId: by.adminId,
      details: { type: by.type, ...toDetails(filter) },
    }),
  ])
  const { head, toLine } = EXPORTS[by.type]
  return streamPages(head, first, toLine, async (before, pages) => {
    try {
      if (pages >= PAGES_MAX) throw new RangeError(`more than ${PAGES_MAX * ROWS_PER_PAGE} rows`)
      return await pageBefore(before)
    } catch (error) {
      log.error('audit_export_broke', { pages, ...errorFields(error) })
      throw error
    }
  })
}

function toDetails({ from, to, ...named }: AuditFilter): Record<string, unknown> {
  const asked = {
    ...named,
    from: from === undefined ? undefined : isoTime(from),
    to: to === undefined ? undefined : isoTime(to),
  }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}

/** Nothing is read ahead: what waits to be sent is never more than one page. */
function streamPages(
  head: string,
  first: AuditRow[],
  toLine: (row: AuditRow) => string,
  readNext: (before: string, pages: number) => Promise<AuditRow[]>,
): ReadableStream<Uint8Array> {
  let pages = 0
  let last: string | undefined
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const rows = last === undefined ? first : await readNext(last, pages)
        const text = (pages === 0 ? head : '') + rows.map(toLine).join('')
        pages += 1
        last = rows.at(-1)?.id
        if (text !== '') controller.enqueue(utf8(text))
        if (rows.length < ROWS_PER_PAGE) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
