/**
 * How many mails one address may be sent, whoever asks: at most 5 of a kind and 10 in all within 24 hours, counted
 * per lane, so that strangers cannot use up what a device known to the account may ask for. The condition is part of
 * the insert: requests that arrive together cannot pass it together. Counts what was queued, sent or not.
 */
import { type SQL, sql } from 'drizzle-orm'
import { type MailTemplate, outbox, STRANGERS_LANE } from '../db/schema/index.ts'

const WINDOW_MS = 24 * 3600 * 1000
const MAX_OF_A_KIND = 5
const MAX_IN_ALL = 10

/** Mails that a stranger may set off. All others always go out. */
const CAPPED_TEMPLATES = [
  'signup_confirmation',
  'signup_existing_account',
  'verify_email',
  'password_reset',
  'otp_code',
  'invitation',
  'email_change_code',
  'email_change_taken',
] as const

export interface CapQuestion {
  /** The same literal or expression as in the row. */
  template: MailTemplate | SQL<MailTemplate>
  /** Keyed hash of the address. */
  addressKey: string
  /** STRANGERS_LANE unless a known device or a signed-in person asks. */
  lane?: string
  /** ms UTC. */
  now: number
}

/** SQL: one more mail of this template may be queued for the address. Reads one range of one index. */
export function underSendCaps({ template, addressKey, lane, now }: CapQuestion): SQL<boolean> {
  const capped = sql.join(
    CAPPED_TEMPLATES.map((name) => sql`${name}`),
    sql`, `,
  )
  return sql<boolean>`(${template} not in (${capped}) or (
    select count(*) < ${MAX_IN_ALL}
      and count(case when ${outbox.template} = ${template} then 1 end) < ${MAX_OF_A_KIND}
    from ${outbox}
    where ${outbox.addressKey} = ${addressKey} and ${outbox.lane} = ${lane ?? STRANGERS_LANE}
      and ${outbox.createdAt} > ${now - WINDOW_MS} and ${outbox.template} in (${capped})))`
}
