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

/** What an account guard must learn after a commit; moments are ms UTC. Each call may be repeated without harm. */
export interface GuardDeliveries {
  /** The device proved itself `at` that moment. */
  rememberDevice(email: string, deviceId: string, at: number): Promise<void>
  /** Clears the failures up to the moment `before`. */
  clear(email: string, before: number): Promise<void>
  /** The same after a reset: codes and devices up to that moment go too, but for `keepDevice`. */
  startOver(email: string, reset: { before: number; keepDevice?: string }): Promise<void>
  /** Forgets the device, or every device where none is named, if last used up to `before`. */
  forgetDevices(email: string, which: { before: number; deviceId?: string }): Promise<void>
}

/** What the delivery of outbox rows needs. */
export interface MailDeps {
  db: Database
  clock: Clock
  config: Pick<Config, 'appName' | 'resetLinkTtlSeconds' | 'alerts'>
  keys: KeyRing
  provider: MailProvider
  guard: GuardDeliveries
  log: EventLog
  /** Address that mailed links begin with, without a slash at the end. */
  linkBase: string
  queue: OutboxQueue
}
