import type { Config } from '../../config.ts'
import type { Database } from '../../db/client.ts'
import type { Clock } from '../../lib/clock.ts'
import { createDevProvider } from './dev.ts'
import { createPostmarkProvider } from './postmark.ts'
import { createResendProvider } from './resend.ts'
import type { MailProvider } from './types.ts'

/** The provider that MAIL_PROVIDER names. */
export function createMailProvider(
  config: Pick<Config, 'mail'>,
  db: Database,
  clock: Clock,
): MailProvider {
  const { provider, apiKey, apiUrl, from } = config.mail
  switch (provider) {
    case 'dev':
      return createDevProvider(db, clock)
    case 'resend':
      return createResendProvider({ apiKey, apiUrl, from, clock })
    case 'postmark':
      return createPostmarkProvider({ apiKey, apiUrl, from, clock })
    default:
      return provider satisfies never
  }
}
