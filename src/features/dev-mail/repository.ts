import { desc, eq } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { devMails } from '../../db/schema/index.ts'

const MAX_MAILS = 100

export type DevMail = typeof devMails.$inferSelect

/** The latest mails of the local inbox, newest first; to one address where `to` is given. */
export async function findDevMails(db: Database, to?: string): Promise<DevMail[]> {
  return db
    .select()
    .from(devMails)
    .where(to === undefined ? undefined : eq(devMails.to, to))
    .orderBy(desc(devMails.sentAt), desc(devMails.id))
    .limit(MAX_MAILS)
}
