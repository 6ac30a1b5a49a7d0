import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/**
 * Where a signup came from, for counting: keyed hashes only, so that a copy of this table names no client and no
 * mailbox. Kept for 30 days.
 */
export const signupTraces = sqliteTable(
  'signup_traces',
  {
    communityId: text('community_id').primaryKey(),
    /** Of the client's address (IPv6 by /64); NULL where the edge told none. */
    ipKey: text('ip_key'),
    /** Of its network: IPv4 by /24, IPv6 by /48. */
    networkKey: text('network_key'),
    /** Of the owner's address. */
    addressKey: text('address_key').notNull(),
    /** Of the same without what hides a duplicate: sub-address and dots. */
    mailboxKey: text('mailbox_key').notNull(),
    /** The same two of the community's official address. */
    officialAddressKey: text('official_address_key').notNull(),
    officialMailboxKey: text('official_mailbox_key').notNull(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [
    index('signup_traces_ip').on(table.ipKey, table.createdAt),
    index('signup_traces_network').on(table.networkKey, table.createdAt),
    index('signup_traces_mailbox').on(table.mailboxKey, table.addressKey),
    index('signup_traces_official_mailbox').on(table.officialMailboxKey, table.officialAddressKey),
    index('signup_traces_created').on(table.createdAt),
  ],
)
