/**
 * Which domains addresses may have. A list of providers of disposable addresses comes with the migrations; what admins
 * decide counts more, and no later list changes it.
 */
import { sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import type { EmailDomainVerdict } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import { domainsAbove, isOpenToAll } from './domain-rules.ts'
import {
  changeDetails,
  deleteEmailDomain,
  type EmailDomainRow,
  isDecidedAlready,
  isEntered,
  selectEmailDomain,
  selectEntries,
  upsertDecision,
} from './repository.ts'

export { isDenied } from './domain-rules.ts'
export { type EmailDomainRow, listEmailDomains } from './repository.ts'

/** A statement for a batch that reads every entry which `isDenied` needs to judge these canonical addresses. */
export function selectVerdicts(db: Database, emails: readonly string[]) {
  return selectEntries(db, [...new Set(emails.flatMap(domainsAbove))])
}

/**
 * Sets what holds for a canonical domain and what is beneath it. May be repeated: what is decided already stays as it
 * is. Throws validation_failed where that would shut out everybody.
 */
export async function decideEmailDomain(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  { domain, verdict, actorId }: { domain: string; verdict: EmailDomainVerdict; actorId: string },
  audit: AuditContext,
): Promise<EmailDomainRow> {
  if (verdict === 'deny' && isOpenToAll(domain)) throw shutsOutEverybody(domain)
  const decision = { domain, verdict, decidedBy: actorId, decidedAt: audit.now }
  const [, changed, [entry]] = await db.batch([
    auditRowWhere(db, 'email_domain_changed', audit, {
      actorId,
      details: changeDetails(domain, verdict),
      condition: sql`not ${isDecidedAlready(domain, verdict)}`,
    }),
    upsertDecision(db, decision),
    selectEmailDomain(db, domain),
  ])
  if (changed.length > 0) log.info('email_domain_changed', { actorId, domain, verdict })
  return entry ?? decision
}

/** Takes the entry of a canonical domain out: what holds for the domain above it holds again. Throws not_found. */
export async function removeEmailDomain(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  { domain, actorId }: { domain: string; actorId: string },
  audit: AuditContext,
): Promise<void> {
  const [, removed] = await db.batch([
    auditRowWhere(db, 'email_domain_changed', audit, {
      actorId,
      details: changeDetails(domain, null),
      condition: isEntered(domain),
    }),
    deleteEmailDomain(db, domain),
  ])
  if (removed.length === 0) {
    throw new ApiError('not_found', { message: say('no_such_domain') })
  }
  log.info('email_domain_changed', { actorId, domain, verdict: null })
}

function shutsOutEverybody(domain: string): ApiError {
  return new ApiError('validation_failed', {
    errors: {
      domain: say('domain_of_everybody', domain),
    },
  })
}
