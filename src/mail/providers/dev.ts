/** The local inbox: mails stay in the local database, for /dev/mail. No deployed environment accepts this provider. */
import type { Database } from '../../db/client.ts'
import { devMails } from '../../db/schema/index.ts'
import type { Clock } from '../../lib/clock.ts'
import type { MailProvider } from './types.ts'

/** A mail that is handed over again under the same id is kept once. */
export function createDevProvider(db: Database, clock: Clock): MailProvider {
  return {
    async send(mail) {
      await db
        .insert(devMails)
        .values({ ...mail, sentAt: clock() })
        .onConflictDoNothing({ target: devMails.id })
      return { ok: true, providerMessageId: mail.id }
    },
  }
}
