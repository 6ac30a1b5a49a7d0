/**
 * How many mails one address may be sent within 24 hours, whoever asks: at most 5 of a kind, and 10 in all of those
 * that a stranger may set off. Counted per lane, so that strangers cannot use up what a device known to the account may
 * ask for. The condition is part of the insert: requests that arrive together cannot pass it together. Counts what was
 * queued, sent or not.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { type MailTemplate, outbox, STRANGERS_LANE } from '../db/schema/index.ts'

const WINDOW_MS = 24 * 3600 * 1000

interface Cap {
  ofAKind: number
  /** Of all that have it, together. Without it a mail neither counts towards them nor is refused for them. */
  inAll?: number
}

/** Mails of one kind to one address in 24 hours and one lane. */
export const MAILS_OF_A_KIND = 5

const STRANGERS_MAIL: Cap = { ofAKind: MAILS_OF_A_KIND, inAll: 10 }

/** All other mails always go out. */
const CAPS: Record<string, Cap> = {
  signup_confirmation: STRANGERS_MAIL,
  signup_existing_account: STRANGERS_MAIL,
  verify_email: STRANGERS_MAIL,
  password_reset: STRANGERS_MAIL,
  otp_code: STRANGERS_MAIL,
  invitation: STRANGERS_MAIL,
  email_change_code: STRANGERS_MAIL,
  email_change_taken: STRANGERS_MAIL,
  // Warns of a login: what strangers set off must not hold it back.
  new_device: { ofAKind: 5 },
  // Tells of a lock: once says it.
  account_locked: { ofAKind: 1 },
}

/** As JSON, template → limit: one parameter of the statement, however many templates there are. */
const OF_A_KIND = limitsBy('ofAKind')
const IN_ALL = limitsBy('inAll')

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
  // A template without a limit makes NULL of the comparison with it.
  return sql<boolean>`(
    select coalesce(count(case when ${outbox.template} = ${template} then 1 end) < (${OF_A_KIND} ->> ${template}), 1)
      and coalesce(count(${IN_ALL} ->> ${outbox.template}) < (${IN_ALL} ->> ${template}), 1)
    from ${outbox}
    where ${outbox.addressKey} = ${addressKey} and ${outbox.lane} = ${lane ?? STRANGERS_LANE}
      and ${outbox.createdAt} > ${now - WINDOW_MS})`
}

/**
 * SQL: so many of these templates, together, may go to the address over all lanes. For what people ask to be sent to an
 * address that is not theirs: each has a lane of their own, as strangers must not use it up, but the reader has one mailbox.
 */
export function underCapOfAll(
  templates: readonly MailTemplate[],
  addressKey: string,
  now: number,
): SQL<boolean> {
  return sql<boolean>`((select count(*) from ${outbox} where ${isOfAll(templates, addressKey, now)}) < ${MAILS_OF_A_KIND})`
}

/** When the first of the mails that fill that cap was queued, ms UTC; undefined where it is not full. */
export async function findFullSince(
  db: Database,
  templates: readonly MailTemplate[],
  addressKey: string,
  now: number,
): Promise<number | undefined> {
  const [row] = await db
    .select({ count: sql<number>`count(*)`, firstAt: sql<number>`min(${outbox.createdAt})` })
    .from(outbox)
    .where(isOfAll(templates, addressKey, now))
  return row && row.count >= MAILS_OF_A_KIND ? row.firstAt : undefined
}

function isOfAll(templates: readonly MailTemplate[], addressKey: string, now: number): SQL {
  const names = sql.join(
    templates.map((template) => sql`${template}`),
    sql`, `,
  )
  return sql`${outbox.addressKey} = ${addressKey} and ${outbox.createdAt} > ${now - WINDOW_MS}
    and ${outbox.template} in (${names})`
}

function limitsBy(kind: keyof Cap): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(CAPS).map(([name, cap]) => [name, cap[kind]])),
  )
}
