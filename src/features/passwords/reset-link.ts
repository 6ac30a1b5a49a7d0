/**
 * The mail with a link that sets a new password, as statements for a batch: whoever starts a reset (a forgotten
 * password, "this wasn't me", a refresh token used twice, a lock) does it through these. The newest link is the only one.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type AuditContext, auditRowWhere } from '../../audit.ts'
import type { Database } from '../../db/client.ts'
import { insertWhere } from '../../db/insert-where.ts'
import { oneTimeTokens, outbox, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { newLinkToken } from '../../lib/tokens.ts'
import { outboxMail } from '../../mail/outbox.ts'

export interface ResetMail {
  /** Of the outbox row. */
  id: string
  template: 'password_reset' | 'set_password' | 'refresh_reused' | 'account_locked'
  /** Keyed hash of the address; empty for a mail that no cap counts. */
  addressKey: string
  lane?: string
  /** SQL over a row of `users`: the account that the mail goes to, and what else must hold. */
  condition: SQL
}

/**
 * Mail, token, and the end of the address's older links; the last two only where the mail is written. The mail of a lock
 * ends none: strangers set it off, and its owner may hold a link already.
 */
export function mailResetLink(
  deps: Pick<Deps, 'db' | 'keys' | 'config'>,
  mail: ResetMail,
  { now, requestId }: Pick<AuditContext, 'now' | 'requestId'>,
) {
  const { db, keys, config } = deps
  const token = newLinkToken(keys, 'reset_password', {
    now,
    ttlSeconds: config.resetLinkTtlSeconds,
  })
  const { condition, ...row } = mail
  const { template } = mail
  const isMailed = sql`${outbox.id} = ${mail.id}`
  return [
    outboxMail(
      db,
      {
        ...row,
        locale: sql<'en' | 'zh'>`${users.locale}`,
        email: sql<string>`${users.email}`,
        tokenId: token.id,
        userId: sql<string>`${users.id}`,
        communityId: sql<string>`${users.communityId}`,
        requestId,
        createdAt: now,
        // A mail that tells of a danger goes out even where its link has expired.
        expiresAt: mail.template === 'password_reset' ? token.expiresAt : null,
      },
      condition,
      sql`${users}`,
    ),
    insertWhere(
      db,
      oneTimeTokens,
      {
        ...token,
        userId: sql<string>`${outbox.userId}`,
        communityId: sql<string>`${outbox.communityId}`,
        email: sql<string>`${outbox.email}`,
      },
      isMailed,
      sql`${outbox}`,
    ),
    db.delete(oneTimeTokens).where(
      sql`${oneTimeTokens.purpose} = 'reset_password' and ${oneTimeTokens.usedAt} is null
        and ${oneTimeTokens.id} <> ${token.id} and ${template === 'account_locked' ? 0 : 1}
        and ${oneTimeTokens.email} = (select o.email from outbox o where o.id = ${mail.id})`,
    ),
  ] as const
}

/** Somebody asked for the link that `mailResetLink` mailed. */
export function recordResetRequest(
  db: Database,
  mailId: string,
  audit: AuditContext,
  reason: 'forgot' | 'not_me',
) {
  return auditRowWhere(db, 'password_reset_requested', audit, {
    userId: sql<string>`${outbox.userId}`,
    details: { reason },
    condition: sql`${outbox.id} = ${mailId}`,
    from: sql`${outbox}`,
  })
}
