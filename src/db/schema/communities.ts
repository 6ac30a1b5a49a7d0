import { sql } from 'drizzle-orm'
import { check, index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

export const COMMUNITY_STATUSES = [
  'pending',
  'under_review',
  'approved',
  'active',
  'rejected',
  'suspended',
] as const

export type CommunityStatus = (typeof COMMUNITY_STATUSES)[number]

export interface RiskSignal {
  signal: string
  /** What it adds to the score. */
  points: number
}

/** The reserved community that holds the admins. It is made by a migration and is outside every community route. */
export const PLATFORM_COMMUNITY_ID = '00000000-0000-7000-8000-000000000000'

export const communities = sqliteTable(
  'communities',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** The name without case, spacing and accents: what makes two names the same. */
    nameKey: text('name_key').notNull(),
    slugBase: text('slug_base').notNull(),
    slugNumber: integer('slug_number').notNull(),
    /** `apex-circle` for number 0, then `apex-circle-1`, `apex-circle-2` … */
    slug: text('slug')
      .notNull()
      .generatedAlwaysAs(
        sql`CASE slug_number WHEN 0 THEN slug_base ELSE slug_base || '-' || slug_number END`,
        { mode: 'stored' },
      ),
    status: text('status', { enum: COMMUNITY_STATUSES }).notNull(),
    bio: text('bio').notNull(),
    /** NULL only for the reserved community. */
    officialEmail: text('official_email'),
    /** E.164. */
    contactPhone: text('contact_phone'),
    website: text('website'),
    /** Registrable domain of the website; NULL without a website and for big shared hosts. */
    domain: text('domain'),
    country: text('country').notNull(),
    city: text('city').notNull(),
    timezone: text('timezone'),
    socialLinks: text('social_links', { mode: 'json' }).$type<Record<string, string>>(),
    /** R2 key of the logo. */
    logo: text('logo'),
    /** What the reviewer should look at, found at signup. */
    riskSignals: text('risk_signals', { mode: 'json' }).$type<RiskSignal[]>(),
    /** The owner who signed it up. No foreign key: the circle with users would break a batch. */
    createdBy: text('created_by'),
    statusReason: text('status_reason'),
    reviewedBy: text('reviewed_by'),
    reviewedAt: moment('reviewed_at'),
    version: integer('version').notNull().default(1),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
    isDeleted: integer('is_deleted', { mode: 'boolean' }).notNull().default(false),
  },
  (table) => [
    uniqueIndex('communities_name_key_unique').on(table.nameKey),
    uniqueIndex('communities_slug_unique').on(table.slug),
    index('communities_slug_base_number').on(table.slugBase, table.slugNumber),
    uniqueIndex('communities_official_email_unique').on(table.officialEmail),
    uniqueIndex('communities_domain_unique').on(table.domain),
    index('communities_status_created').on(table.status, table.createdAt),
    index('communities_status_id').on(table.status, table.id),
    index('communities_logo').on(table.logo).where(sql`logo IS NOT NULL`),
    check(
      'communities_status_known',
      sql`status IN ('pending','under_review','approved','active','rejected','suspended')`,
    ),
  ],
)
