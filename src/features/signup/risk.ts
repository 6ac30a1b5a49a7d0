/**
 * What a reviewer should look at before a community is approved. Nothing here refuses a signup or shows in its answer:
 * each signal adds points to a score. What the form tells is judged here; what earlier signups tell is counted inside
 * the insert, by keyed hashes of addresses and clients, so that signups at the same moment count each other.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'
import type { Database } from '../../db/client.ts'
import { type RiskSignal, signupTraces } from '../../db/schema/index.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { ipBucket, ipNetwork } from '../../lib/client-ip.ts'
import { domainOf } from '../../lib/email-address.ts'
import { isFreeMail } from '../../lib/free-mail.ts'
import type { Lookup } from '../../lib/lookup.ts'
import { probableMailbox } from '../../lib/mailbox.ts'
import { isOddName, isOddPersonName } from '../../lib/odd-name.ts'
import { registrableDomain } from '../../lib/public-suffix.ts'

const DAY_MS = 24 * 3600 * 1000

/** How long signups are remembered for counting. */
export const TRACE_KEPT_MS = 30 * DAY_MS

/** From this score on the audit log calls a signup suspicious. */
export const SUSPICIOUS_SCORE = 20

/** What each signal adds. */
export const RISK_POINTS = {
  /** Another spelling of the owner's mailbox (sub-address, dots) has signed a community up in the last 30 days. */
  address_variant: 30,
  /** The same of the community's official address. */
  official_address_variant: 30,
  /** The third signup, or a later one, of that mailbox in 30 days. */
  many_signups_mailbox: 30,
  /** The third from that client (IPv6: /64) in 24 hours. */
  many_signups_ip: 30,
  /** The tenth from that network (/24, /48) in 24 hours. */
  many_signups_network: 20,
  /** The official address and the website belong to different organisations. */
  domain_mismatch: 20,
  /** The official address is one that anybody gets for nothing. */
  free_mail_official: 10,
  odd_community_name: 20,
  odd_owner_name: 20,
  /** Turnstile was down, and the deployment lets signups in then. */
  human_check_skipped: 20,
} as const

export type RiskName = keyof typeof RISK_POINTS

const MANY = { mailbox: 3, ip: 3, network: 10 }

interface Judged {
  name: string
  officialEmail: string
  website: { url: string; domain: string | null } | null
}

/** What the form alone tells. No I/O. */
export function risksOfForm(community: Judged, owner: { fullName: string }): RiskName[] {
  const official = domainOf(community.officialEmail)
  const isFree = isFreeMail(official)
  const site = community.website?.domain ?? null
  const isElsewhere = !isFree && site !== null && registrableDomain(official)?.domain !== site
  const found: [RiskName, boolean][] = [
    ['domain_mismatch', isElsewhere],
    ['free_mail_official', isFree],
    ['odd_community_name', isOddName(community.name)],
    ['odd_owner_name', isOddPersonName(owner.fullName)],
  ]
  return found.filter(([, isThere]) => isThere).map(([name]) => name)
}

export type Trace = Omit<typeof signupTraces.$inferSelect, 'communityId' | 'createdAt'>

/** The keyed hashes that a signup is counted by. */
export function traceOf(
  lookup: Lookup,
  { ip }: Pick<ClientInfo, 'ip'>,
  { email, officialEmail }: { email: string; officialEmail: string },
): Trace {
  const network = ipNetwork(ip ?? undefined)
  return {
    ipKey: network === undefined ? null : lookup.ip(ipBucket(ip ?? undefined)),
    networkKey: network === undefined ? null : lookup.ip(network),
    addressKey: lookup.address(email),
    mailboxKey: lookup.address(probableMailbox(email)),
    officialAddressKey: lookup.address(officialEmail),
    officialMailboxKey: lookup.address(probableMailbox(officialEmail)),
  }
}

/** Leaves the trace of a signup: after the insert that has counted the earlier ones. */
export function insertTrace(db: Database, trace: Trace, communityId: string, now: number) {
  return db.insert(signupTraces).values({ ...trace, communityId, createdAt: now })
}

/** SQL: the signals of a signup as JSON, `known` ones and those that earlier signups tell. */
export function riskSignals(
  known: readonly RiskName[],
  trace: Trace,
  now: number,
): SQL<RiskSignal[]> {
  const certain = known.map((name) => sql`json(${JSON.stringify(toSignal(name))})`)
  const perhaps = toldByEarlier(trace, now).map(
    ([name, isThere]) => sql`case when ${isThere} then json(${JSON.stringify(toSignal(name))}) end`,
  )
  // A compound SELECT would read better, but D1 allows five terms in one.
  const all = sql.join([...certain, ...perhaps], sql`, `)
  return sql<
    RiskSignal[]
  >`(select json_group_array(json(value)) from json_each(json_array(${all})) where type <> 'null')`
}

/** What earlier signups tell, as conditions. Each reads one range of one index. */
function toldByEarlier(trace: Trace, now: number): [RiskName, SQL][] {
  const t = signupTraces
  const ofOwner = sql`${t.mailboxKey} = ${trace.mailboxKey}`
  const ofOfficial = sql`${t.officialMailboxKey} = ${trace.officialMailboxKey}`
  const month = now - TRACE_KEPT_MS
  const day = now - DAY_MS
  return [
    ['address_variant', hasOther(ofOwner, t.addressKey, trace.addressKey, month)],
    [
      'official_address_variant',
      hasOther(ofOfficial, t.officialAddressKey, trace.officialAddressKey, month),
    ],
    ['many_signups_mailbox', hasEarlier(MANY.mailbox - 1, ofOwner, month)],
    ['many_signups_ip', hasEarlier(MANY.ip - 1, sql`${t.ipKey} = ${trace.ipKey}`, day)],
    [
      'many_signups_network',
      hasEarlier(MANY.network - 1, sql`${t.networkKey} = ${trace.networkKey}`, day),
    ],
  ]
}

/** One of this kind with another value. Looked for on both sides of it, so that the index passes its own rows over. */
function hasOther(ofKind: SQL, column: SQLiteColumn, value: string, since: number): SQL {
  const below = hasEarlier(1, sql`${ofKind} and ${column} < ${value}`, since)
  const above = hasEarlier(1, sql`${ofKind} and ${column} > ${value}`, since)
  return sql`(${below} or ${above})`
}

/** So many signups of this kind: the last of them is looked for, so that no more rows are read than it takes. */
function hasEarlier(count: number, ofKind: SQL, since: number): SQL {
  return sql`exists (select 1 from ${signupTraces}
    where ${ofKind} and ${signupTraces.createdAt} > ${since} limit 1 offset ${count - 1})`
}

function toSignal(signal: RiskName): RiskSignal {
  return { signal, points: RISK_POINTS[signal] }
}

/** A score is the sum of the points, a hundred at most. */
const SCORE_MAX = 100

export function scoreOf(signals: readonly RiskSignal[]): number {
  const sum = signals.reduce((score, { points }) => score + points, 0)
  return Math.min(sum, SCORE_MAX)
}

/** SQL over a row of `communities`: the same. */
export function riskScore(): SQL<number> {
  return sql<number>`(select min(${SCORE_MAX}, coalesce(sum(value ->> '$.points'), 0)) from json_each(communities.risk_signals))`
}

/** SQL over the same: the score is one to tell of. */
export function isSuspicious(): SQL {
  return sql`${riskScore()} >= ${SUSPICIOUS_SCORE}`
}
