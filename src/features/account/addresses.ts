/**
 * SQL: whose an address is, for conditions that stand inside statements. It has an account once it is verified, and one
 * that an account has left stays that account's as long as the link that brings it back lives.
 */
import { type SQL, sql } from 'drizzle-orm'

type Address = string | SQL

export function isAccountAddress(email: Address): SQL {
  return sql`exists (select 1 from users u where u.email = ${email} and u.email_verified_at is not null)`
}

export function isAdminsAddress(email: Address): SQL {
  return sql`exists (select 1 from users u join memberships m on m.user_id = u.id
    where u.email = ${email} and u.email_verified_at is not null and m.role = 'Admin')`
}

export function isLeftAddress(email: Address, now: number): SQL {
  return sql`exists (select 1 from one_time_tokens t where t.email = ${email}
    and t.purpose = 'revert_email' and t.used_at is null and t.expires_at > ${now})`
}

/** No other account may have it. */
export function isTakenAddress(email: Address, now: number): SQL {
  return sql`(${isAccountAddress(email)} or ${isLeftAddress(email, now)})`
}

/** It can become no account, whoever proves the mailbox: an admin's, or one that somebody may take back. */
export function isHeldAddress(email: Address, now: number): SQL {
  return sql`(${isAdminsAddress(email)} or ${isLeftAddress(email, now)})`
}
