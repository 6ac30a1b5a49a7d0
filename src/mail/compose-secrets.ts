/**
 * The link or the code of a mail, derived as the mail is made: neither is stored anywhere. The mail tells the lifetime
 * that is checked. What no longer works is not mailed.
 */
import { sql } from 'drizzle-orm'
import { insertWhere } from '../db/insert-where.ts'
import { oneTimeTokens, type TokenPurpose, users } from '../db/schema/index.ts'
import { deriveCode, deriveLinkToken, newLinkToken } from '../lib/tokens.ts'
import type { OutboxRow } from './consumer-rows.ts'
import type { MailDeps } from './mail-deps.ts'

const DROP_REASONS = [
  'expired',
  'token_missing',
  'token_used',
  'token_withdrawn',
  'key_retired',
  'community_gone',
  'unreadable',
] as const

export type DropReason = (typeof DROP_REASONS)[number]

/** Does the last error of a finished mail say that it had lost its use, rather than that it could not be delivered? */
export function isDropReason(lastError: string | null): boolean {
  return DROP_REASONS.some((reason) => reason === lastError)
}

/** What a mail carries of it; nothing where it goes out without. */
export interface MailSecret {
  link?: string
  code?: string
  ttlSeconds?: number
}

type Token = typeof oneTimeTokens.$inferSelect

/** What a mailed link may be for. */
export type LinkPurpose = Exclude<TokenPurpose, 'signup' | 'email_change'>

/** Where the link of a token leads; its key is `link.<purpose>`. */
const LINK_PATHS: Record<LinkPurpose, string> = {
  verify_email: '/verify-email',
  revert_email: '/revert-email',
  reset_password: '/reset-password',
  not_me: '/not-me',
  magic_link: '/magic-link',
  invitation: '/accept-invite',
}

/** The link of a living token of this purpose. */
export function linkOf(
  { keys, linkBase }: Pick<MailDeps, 'keys' | 'linkBase'>,
  token: Token | undefined,
  purpose: LinkPurpose,
  now: number,
): MailSecret | { drop: DropReason } {
  if (token?.purpose !== purpose) return { drop: 'token_missing' }
  if (token.usedAt !== null) return { drop: 'token_used' }
  if (token.withdrawnAt !== null) return { drop: 'token_withdrawn' }
  if (token.expiresAt <= now) return { drop: 'expired' }
  const secret = deriveLinkToken(keys, `link.${purpose}`, token.id, token.keyVersion)
  if (secret === undefined) return { drop: 'key_retired' }
  const url = new URL(`${linkBase}${LINK_PATHS[purpose]}`)
  url.searchParams.set('token', secret)
  return { link: url.href, ttlSeconds: (token.expiresAt - token.createdAt) / 1000 }
}

/** The code of the challenge that the row names. */
export function codeOf(
  { keys }: Pick<MailDeps, 'keys'>,
  { payload, createdAt, expiresAt }: OutboxRow,
): MailSecret | { drop: DropReason } {
  const { challengeId, keyVersion } = payload ?? {}
  if (challengeId === undefined || keyVersion === undefined || expiresAt === null) {
    return { drop: 'unreadable' }
  }
  const code = deriveCode(keys, challengeId, keyVersion)
  if (code === undefined) return { drop: 'key_retired' }
  return { code, ttlSeconds: (expiresAt - createdAt) / 1000 }
}

/** Code and link of one challenge: the link's token has the challenge's id. Using either ends both. */
export function codeAndLinkOf(
  deps: Pick<MailDeps, 'keys' | 'linkBase'>,
  row: OutboxRow,
  token: Token | undefined,
  now: number,
): MailSecret | { drop: DropReason } {
  const link = linkOf(deps, token, 'magic_link', now)
  if ('drop' in link) return link
  const code = codeOf(deps, row)
  return 'drop' in code ? code : { ...link, ...code }
}

/**
 * Makes the token of a set_password mail that was queued without one: whoever made the account at a command line holds
 * no secrets. It has the row's id, so a second attempt finds the first one's and mails the same link. None is made once
 * a password is set: a link that was used or voided does not come back to life.
 */
export async function ensureSetPasswordToken(
  { db, keys, config }: Pick<MailDeps, 'db' | 'keys' | 'config'>,
  { id, userId, email }: OutboxRow,
  now: number,
): Promise<void> {
  const ttlSeconds = config.resetLinkTtlSeconds
  const token = newLinkToken(keys, 'reset_password', { id, now, ttlSeconds })
  await insertWhere(
    db,
    oneTimeTokens,
    { ...token, userId, email },
    sql`exists (select 1 from ${users} where ${users.id} = ${userId} and ${users.passwordHash} is null)`,
  ).onConflictDoNothing()
}
