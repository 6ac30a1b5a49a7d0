import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { moment } from './columns.ts'

/** The local inbox. Written only by the `dev` mail provider, which no deployed environment accepts. */
export const devMails = sqliteTable(
  'dev_mails',
  {
    id: text('id').primaryKey(),
    to: text('to').notNull(),
    subject: text('subject').notNull(),
    template: text('template').notNull(),
    locale: text('locale').notNull(),
    text: text('text').notNull(),
    html: text('html').notNull(),
    link: text('link'),
    code: text('code'),
    sentAt: moment('sent_at').notNull(),
  },
  (table) => [
    index('dev_mails_to').on(table.to, table.sentAt),
    index('dev_mails_sent').on(table.sentAt),
  ],
)
