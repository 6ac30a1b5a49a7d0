/**
 * Makes the mail of an outbox row at the moment it is sent. The link's token is derived here from its row's id: it is
 * stored nowhere. What has lost its use since it was queued (link expired, used or replaced; key retired; community
 * gone) makes no mail.
 */
import { and, eq, isNotNull } from 'drizzle-orm'
import { communities, type MailTemplate, oneTimeTokens, users } from '../db/schema/index.ts'
import { deriveLinkToken } from '../lib/tokens.ts'
import type { OutboxRow } from './consumer-rows.ts'
import type { MailDeps } from './mail-deps.ts'
import type { OutgoingMail } from './providers/types.ts'
import { renderLinkMail, renderReviewMail } from './templates/render.ts'

export type Composed = { mail: OutgoingMail } | { drop: DropReason }

export type DropReason =
  | 'expired'
  | 'token_missing'
  | 'token_used'
  | 'key_retired'
  | 'community_gone'
  | 'unreadable'

type ComposeDeps = Pick<MailDeps, 'db' | 'config' | 'keys' | 'linkBase'>

interface Context {
  communityName: string
  fullName: string | undefined
  token: typeof oneTimeTokens.$inferSelect | undefined
}

/** The mail of a claimed row, or why there is none. One D1 round trip. */
export async function composeMail(
  deps: ComposeDeps,
  row: OutboxRow,
  now: number,
): Promise<Composed> {
  if (row.expiresAt !== null && row.expiresAt <= now) return { drop: 'expired' }
  const context = await readContext(deps, row)
  if (!context) return { drop: 'community_gone' }
  const { template } = row
  switch (template) {
    case 'signup_confirmation':
    case 'signup_existing_account':
    case 'verify_email': {
      const found = linkOf(deps, context.token, now)
      if ('drop' in found) return found
      const values = { ...namesOf(deps, context), ...found }
      return outgoing(row, template, renderLinkMail(template, row.locale, values), found.link)
    }
    case 'community_under_review':
    case 'community_approved':
    case 'community_rejected':
    case 'community_suspended':
    case 'community_reinstated': {
      const values = { ...namesOf(deps, context), reason: row.payload?.reason }
      return outgoing(row, template, renderReviewMail(template, row.locale, values))
    }
    default:
      template satisfies null
      return { drop: 'unreadable' }
  }
}

/** What the mail names, as it is now; undefined where the community is gone. */
async function readContext({ db }: ComposeDeps, row: OutboxRow): Promise<Context | undefined> {
  const name = { fullName: users.fullName }
  const [community, verified, known, token] = await db.batch([
    db
      .select({ name: communities.name })
      .from(communities)
      .where(and(eq(communities.id, row.communityId ?? ''), eq(communities.isDeleted, false))),
    db
      .select(name)
      .from(users)
      .where(and(eq(users.email, row.email), isNotNull(users.emailVerifiedAt))),
    db
      .select(name)
      .from(users)
      .where(eq(users.id, row.userId ?? '')),
    db
      .select()
      .from(oneTimeTokens)
      .where(eq(oneTimeTokens.id, row.tokenId ?? '')),
  ])
  if (!community[0]) return undefined
  return {
    communityName: community[0].name,
    fullName: (verified[0] ?? known[0])?.fullName,
    token: token[0],
  }
}

function namesOf({ config }: ComposeDeps, { communityName, fullName }: Context) {
  return { appName: config.appName, communityName, fullName }
}

/** The link, and the lifetime its token was given: what the mail says is what is checked. */
function linkOf(
  { keys, linkBase }: ComposeDeps,
  token: Context['token'],
  now: number,
): { link: string; linkTtlSeconds: number } | { drop: DropReason } {
  if (!token) return { drop: 'token_missing' }
  if (token.usedAt !== null) return { drop: 'token_used' }
  if (token.expiresAt <= now) return { drop: 'expired' }
  const secret = deriveLinkToken(keys, 'link.verify_email', token.id, token.keyVersion)
  if (secret === undefined) return { drop: 'key_retired' }
  const url = new URL(`${linkBase}/verify-email`)
  url.searchParams.set('token', secret)
  return { link: url.href, linkTtlSeconds: (token.expiresAt - token.createdAt) / 1000 }
}

function outgoing(
  row: OutboxRow,
  template: MailTemplate,
  rendered: Pick<OutgoingMail, 'subject' | 'text' | 'html'>,
  link?: string,
): Composed {
  return { mail: { id: row.id, to: row.email, template, locale: row.locale, ...rendered, link } }
}
