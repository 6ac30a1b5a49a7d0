/**
 * Makes the mail of an outbox row at the moment it is sent, from what the database says then. What has lost its use
 * since it was queued (link expired, used or replaced; key retired; community gone) makes no mail.
 */
import { and, eq, isNotNull } from 'drizzle-orm'
import { communities, oneTimeTokens, sessions, users } from '../db/schema/index.ts'
import {
  codeOf,
  type DropReason,
  ensureSetPasswordToken,
  linkOf,
  type MailSecret,
} from './compose-secrets.ts'
import type { OutboxRow } from './consumer-rows.ts'
import type { MailDeps } from './mail-deps.ts'
import type { OutgoingMail } from './providers/types.ts'
import type { Login } from './templates/login-facts.ts'
import { renderPersonalMail, renderReviewMail } from './templates/render.ts'
import type { PersonalTemplate, ReviewTemplate } from './templates/texts.ts'

export type Composed = { mail: OutgoingMail } | { drop: DropReason }

type ComposeDeps = Pick<MailDeps, 'db' | 'config' | 'keys' | 'linkBase'>

type Context = Awaited<ReturnType<typeof readContext>>

/** The mail of a claimed row, or why there is none. One D1 round trip; one more where it makes a token. */
export async function composeMail(
  deps: ComposeDeps,
  row: OutboxRow,
  now: number,
): Promise<Composed> {
  const { template } = row
  if (row.expiresAt !== null && row.expiresAt <= now) return { drop: 'expired' }
  if (template === 'set_password' && row.tokenId === null) {
    await ensureSetPasswordToken(deps, row, now)
  }
  const context = await readContext(deps, row)
  const personal = (name: PersonalTemplate, secret: Secret, login?: Login) =>
    composePersonal(deps, row, context, { template: name, secret, login })
  switch (template) {
    case 'signup_confirmation':
    case 'signup_existing_account':
    case 'verify_email':
      if (context.communityName === undefined) return { drop: 'community_gone' }
      return personal(template, linkOf(deps, context.token, 'verify_email', now))
    case 'password_reset':
    case 'set_password':
      return personal(template, linkOf(deps, context.token, 'reset_password', now))
    case 'refresh_reused':
    case 'account_locked': {
      // Tells of a danger: it goes out even where its link is of no use any more.
      const secret = linkOf(deps, context.token, 'reset_password', now)
      return personal(template, 'drop' in secret ? {} : secret)
    }
    case 'new_device':
      return personal(template, linkOf(deps, context.token, 'not_me', now), context.login)
    case 'password_changed':
      return personal(template, {})
    case 'otp_code':
      return personal(template, codeOf(deps, row))
    case 'community_under_review':
    case 'community_approved':
    case 'community_rejected':
    case 'community_suspended':
    case 'community_reinstated':
      return composeReview(deps, row, context, template)
    default:
      template satisfies null
      return { drop: 'unreadable' }
  }
}

/** What the mail names, as it is now. */
async function readContext({ db }: ComposeDeps, row: OutboxRow) {
  const name = { fullName: users.fullName }
  const [community, verified, known, token, session] = await db.batch([
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
      .where(eq(oneTimeTokens.id, row.tokenId ?? row.id)),
    db
      .select({
        userAgent: sessions.userAgent,
        city: sessions.city,
        country: sessions.country,
        createdAt: sessions.createdAt,
      })
      .from(sessions)
      .where(eq(sessions.id, row.payload?.sessionId ?? '')),
  ])
  const unknownLogin = { userAgent: null, city: null, country: null, createdAt: row.createdAt }
  return {
    communityName: community[0]?.name,
    fullName: (verified[0] ?? known[0])?.fullName,
    token: token[0],
    login: session[0] ?? unknownLogin,
  }
}

type Secret = MailSecret | { drop: DropReason }

function composePersonal(
  { config }: ComposeDeps,
  row: OutboxRow,
  { communityName, fullName }: Context,
  mail: { template: PersonalTemplate; secret: Secret; login?: Login },
): Composed {
  const { template, secret, login } = mail
  if ('drop' in secret) return secret
  const names = { appName: config.appName, communityName, fullName }
  const values = { ...names, ...secret, login, happenedAt: row.createdAt }
  const { link, code } = secret
  const rendered = renderPersonalMail(template, row.locale, values)
  return outgoing(row, { template, ...rendered, link, code })
}

function composeReview(
  { config }: ComposeDeps,
  row: OutboxRow,
  { communityName, fullName }: Context,
  template: ReviewTemplate,
): Composed {
  if (communityName === undefined) return { drop: 'community_gone' }
  const values = { appName: config.appName, communityName, fullName, reason: row.payload?.reason }
  return outgoing(row, { template, ...renderReviewMail(template, row.locale, values) })
}

function outgoing(row: OutboxRow, mail: Omit<OutgoingMail, 'id' | 'to' | 'locale'>): Composed {
  return { mail: { id: row.id, to: row.email, locale: row.locale, ...mail } }
}
