/**
 * Makes the mail of an outbox row at the moment it is sent, from what the database says then. What has lost its use
 * since it was queued (link expired, used or replaced; key retired; community gone) makes no mail.
 */
import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { communities, oneTimeTokens, sessions, users } from '../db/schema/index.ts'
import { composeAlert } from './alerts.ts'
import {
  codeAndLinkOf,
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
import type { PersonalMail, PersonalTemplate, ReviewTemplate } from './templates/texts.ts'

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
  if (template === 'alert_started' || template === 'alert_ended') {
    const composed = await composeAlert(deps, row, template)
    return 'drop' in composed ? composed : outgoing(row, { template, ...composed })
  }
  if (template === 'set_password' && row.tokenId === null) {
    await ensureSetPasswordToken(deps, row, now)
  }
  const context = await readContext(deps, row)
  const personal = (template: PersonalTemplate, secret: Secret, more: Partial<Wording> = {}) =>
    composePersonal(deps, row, context, { template, secret, ...more })
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
      return personal(template, linkOf(deps, context.token, 'not_me', now), {
        login: context.login,
      })
    case 'password_changed':
      return personal(template, {})
    case 'account_deleted':
      // Whoever it was is forgotten; somebody else may have the address by now.
      return personal(template, {}, { isNameless: true })
    case 'email_change_taken':
      return personal(template, {}, { isNameless: !context.hasAccount })
    case 'otp_code': {
      if (row.tokenId === null) return personal(template, codeOf(deps, row))
      const secret = codeAndLinkOf(deps, row, context.token, now)
      const wording = context.hasAccount ? 'otp_code_to_log_in' : 'otp_code_to_sign_up'
      return personal(template, secret, { wording })
    }
    case 'email_change_code':
      // A stranger's mailbox, for all that is known: it is told no name.
      return personal(template, codeOf(deps, row), { isNameless: true })
    case 'email_change_notice':
      return personal(template, linkOf(deps, context.token, 'revert_email', now))
    case 'invitation':
      if (context.communityName === undefined) return { drop: 'community_gone' }
      return personal(template, linkOf(deps, context.token, 'invitation', now), {
        wording: context.hasMembership ? 'invitation_to_account' : template,
        senderName: context.senderName,
        isNameless: !context.hasAccount,
      })
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
  const [community, verified, known, token, session, sender] = await db.batch([
    db
      .select({ name: communities.name })
      .from(communities)
      .where(and(eq(communities.id, row.communityId ?? ''), eq(communities.isDeleted, false))),
    db
      .select({
        ...name,
        hasMembership: sql<number>`exists (select 1 from memberships m where m.user_id = ${users.id})`,
      })
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
    db
      .select(name)
      .from(users)
      .where(eq(users.id, row.payload?.senderId ?? '')),
  ])
  const unknownLogin = { userAgent: null, city: null, country: null, createdAt: row.createdAt }
  return {
    communityName: community[0]?.name,
    fullName: (verified[0] ?? known[0])?.fullName,
    /** The address has an account as the mail is made. */
    hasAccount: verified.length > 0,
    /** Only who is a member somewhere can log in. */
    hasMembership: verified[0]?.hasMembership === 1,
    senderName: sender[0]?.fullName,
    token: token[0],
    login: session[0] ?? unknownLogin,
  }
}

type Secret = MailSecret | { drop: DropReason }

interface Wording {
  /** Where it is not the template's own. */
  wording: PersonalMail
  login: Login
  senderName: string | undefined
  /** Greets without a name, though one may be known. */
  isNameless: boolean
}

function composePersonal(
  { config }: ComposeDeps,
  row: OutboxRow,
  { communityName, fullName }: Context,
  mail: { template: PersonalTemplate; secret: Secret } & Partial<Wording>,
): Composed {
  const { template, secret, login, senderName, wording = template } = mail
  if ('drop' in secret) return secret
  const names = { appName: config.appName, communityName, senderName }
  const greeted = mail.isNameless ? {} : { fullName }
  const values = { ...names, ...greeted, ...secret, login, happenedAt: row.createdAt }
  const { link, code } = secret
  const rendered = renderPersonalMail(wording, row.locale, values)
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

function outgoing(
  row: OutboxRow,
  mail: Omit<OutgoingMail, 'id' | 'idempotencyKey' | 'to' | 'locale'>,
): Composed {
  const { id, email: to, locale, payload } = row
  const idempotencyKey = payload?.retriedAt === undefined ? id : `${id}.${payload.retriedAt}`
  return { mail: { id, idempotencyKey, to, locale, ...mail } }
}
