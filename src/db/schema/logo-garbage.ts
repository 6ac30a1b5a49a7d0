import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** Logos that no community names any more, written in the batch that replaced them; the cron removes the objects. */
export const logoGarbage = sqliteTable(
  'logo_garbage',
  {
    /** R2 key. */
    key: text('key').primaryKey(),
    createdAt: moment('created_at').notNull(),
  },
  (table) => [index('logo_garbage_created').on(table.createdAt)],
)
