/** A row of the audit log as an item of a list, and as a line of a file. No I/O. No clock. */
import { isoTime } from '../../http/envelope.ts'
import { csvLine } from '../../lib/csv.ts'
import type { AuditRow } from './repository.ts'
import type { AuditItem } from './schemas.ts'

/** What a file of the log may be, by its media type. The head says what its columns hold. */
export const EXPORTS = {
  'text/csv': {
    extension: 'csv',
    contentType: 'text/csv; charset=utf-8; header=present',
    head: csvLine([
      'id',
      'at',
      'action',
      'actorId',
      'actorName',
      'userId',
      'communityId',
      'ip',
      'userAgent',
      'requestId',
      'details',
    ]),
    toLine: toCsvLine,
  },
  'application/x-ndjson': {
    extension: 'ndjson',
    contentType: 'application/x-ndjson',
    head: '',
    toLine: (row: AuditRow) => `${JSON.stringify(toAuditItem(row))}\n`,
  },
} as const

export type ExportType = keyof typeof EXPORTS

export function toAuditItem(row: AuditRow): AuditItem {
  return {
    id: row.id,
    action: row.action,
    actor: row.actorId === null ? null : { id: row.actorId, fullName: row.actorName },
    userId: row.userId,
    communityId: row.communityId,
    ip: row.ip,
    userAgent: row.userAgent,
    requestId: row.requestId,
    details: row.details,
    at: isoTime(row.createdAt),
  }
}

function toCsvLine(row: AuditRow): string {
  return csvLine([
    row.id,
    isoTime(row.createdAt),
    row.action,
    row.actorId,
    row.actorName,
    row.userId,
    row.communityId,
    row.ip,
    row.userAgent,
    row.requestId,
    row.details === null ? null : JSON.stringify(row.details),
  ])
}
