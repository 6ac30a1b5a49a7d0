import type { Config } from '../config.ts'
import type { Database } from '../db/client.ts'
import type { Clock } from '../lib/clock.ts'
import type { KeyRing } from '../lib/key-ring.ts'
import type { LogFields } from '../log.ts'
import type { MailProvider } from './providers/types.ts'

/** The producer's side of the outbox queue. */
export type OutboxQueue = Pick<Queue, 'send' | 'sendBatch'>

export interface EventLog {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** What an account guard must learn after a commit. Both calls may be repeated without harm. */
export interface GuardDeliveries {
  rememberDevice(email: string, deviceId: string): Promise<void>
  /** Clears the failures up to the moment `before` (ms UTC). */
  clear(email: string, before: number): Promise<void>
}

/** What the delivery of outbox rows needs. */
export interface MailDeps {
  db: Database
  clock: Clock
  config: Pick<Config, 'appName'>
  keys: KeyRing
  provider: MailProvider
  guard: GuardDeliveries
  log: EventLog
  /** Address that mailed links begin with, without a slash at the end. */
  linkBase: string
  queue: OutboxQueue
}
