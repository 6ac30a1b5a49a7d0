/**
 * Which domains addresses may have. A list of providers of disposable addresses comes with the migrations; what admins
 * decide counts more, and no later list changes it.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere, newMark } from '../../audit.ts'
import type { Database, Statement } from '../../db/client.ts'
import type { EmailDomainVerdict } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import type { AuthenticatedSession } from '../sessions/authenticated-session.ts'
import { lostStanding, selectStanding, stillMay } from '../sessions/living.ts'
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
 * is, and so does who decided it first, and when. Throws validation_failed where that would shut out everybody, and
 * session_ended or forbidden where that became so meanwhile.
 */
export async function decideEmailDomain(
  deps: Pick<Deps, 'db' | 'log'>,
  who: AuthenticatedSession,
  { domain, verdict }: { domain: string; verdict: EmailDomainVerdict },
  audit: AuditContext,
): Promise<EmailDomainRow> {
  if (verdict === 'deny' && isOpenToAll(domain)) throw shutsOutEverybody(domain)
  const decision = { domain, verdict, decidedBy: who.user.id, decidedAt: audit.now }
  const { entry } = await command(deps, who, audit, {
    domain,
    verdict,
    condition: sql`not ${isDecidedAlready(domain, verdict)}`,
    write: (isMade) => upsertDecision(deps.db, decision, isMade),
  })
  return entry ?? decision
}

/**
 * Takes the entry of a canonical domain out: what holds for the domain above it holds again. Throws not_found, and
 * session_ended or forbidden where that became so meanwhile.
 */
export async function removeEmailDomain(
  deps: Pick<Deps, 'db' | 'log'>,
  who: AuthenticatedSession,
  domain: string,
  audit: AuditContext,
): Promise<void> {
  const { isChanged } = await command(deps, who, audit, {
    domain,
    verdict: null,
    condition: isEntered(domain),
    write: (isMade) => deleteEmailDomain(deps.db, domain, isMade),
  })
  if (!isChanged) throw new ApiError('not_found', { message: say('no_such_domain') })
}

interface Command {
  domain: string
  /** What holds afterwards; null without an entry. */
  verdict: EmailDomainVerdict | null
  /** SQL: there is something to change. */
  condition: SQL
  /** Acts only where `isMade`. */
  write: (isMade: SQL) => Statement
}

/** One batch behind its audit row, which is written only where whoever asks is an admin still. */
async function command(
  { db, log }: Pick<Deps, 'db' | 'log'>,
  who: AuthenticatedSession,
  audit: AuditContext,
  { domain, verdict, condition, write }: Command,
) {
  const actorId = who.user.id
  const may = stillMay(who, 'email_domains.edit', audit.now)
  const mark = newMark(audit)
  const [[standing], marked, , [entry]] = await db.batch([
    selectStanding(db, who, may, audit.now),
    auditRowWhere(db, 'email_domain_changed', audit, {
      id: mark.id,
      actorId,
      details: changeDetails(domain, verdict),
      condition: sql`${condition} and ${may}`,
    }),
    write(mark.isMade),
    selectEmailDomain(db, domain),
  ])
  if (!standing?.may) throw lostStanding(standing)
  const isChanged = marked.meta.changes > 0
  if (isChanged) log.info('email_domain_changed', { actorId, domain, verdict })
  return { isChanged, entry }
}

function shutsOutEverybody(domain: string): ApiError {
  return new ApiError('validation_failed', {
    errors: {
      domain: say('domain_of_everybody', domain),
    },
  })
}
