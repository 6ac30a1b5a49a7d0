/** createDeps is the only wiring: what a request, a queue batch or a cron run works with. */
import type { Config } from './config.ts'
import { type Costs, noCosts } from './costs.ts'
import { createDatabase, type Database } from './db/client.ts'
import { type FailureTally, newTally, tallyFailure } from './durable-objects/failures.ts'
import { createGuard, type Guard } from './durable-objects/guard.ts'
import { createLimits, type Limits } from './durable-objects/limits.ts'
import { createLogoStore, type LogoStore } from './features/logos/logo-store.ts'
import { type Assets, createAssets } from './http/assets.ts'
import { loadArgon2 } from './lib/argon2.ts'
import { type Breaches, createBreaches, noBreaches } from './lib/breaches.ts'
import { type Clock, systemClock } from './lib/clock.ts'
import { createKeyRing, type KeyRing } from './lib/key-ring.ts'
import { createLookup, type Lookup } from './lib/lookup.ts'
import { createPasswords, type Passwords } from './lib/passwords.ts'
import { createSentry, type Sentry } from './lib/sentry.ts'
import { createTurnstile, isLasting, type Turnstile } from './lib/turnstile.ts'
import { createLog, errorFields, type Log, type LogFields } from './log.ts'
import { announce } from './mail/outbox.ts'
import { createMailProvider } from './mail/providers/provider.ts'
import type { MailProvider } from './mail/providers/types.ts'

export interface Scope {
  /** Of the request, batch or run. */
  requestId: string
  waitUntil(promise: Promise<unknown>): void
  /** The pattern of the route at hand, or the kind of work; asked only once something has failed. */
  route(): string
}

export interface Deps {
  config: Config
  requestId: string
  costs: Costs
  clock: Clock
  db: Database
  keys: KeyRing
  lookup: Lookup
  passwords: Passwords
  breaches: Breaches
  turnstile: Turnstile
  limits: Limits
  guard: Guard
  logos: LogoStore
  assets: Assets
  /** Where rows of the audit log go that leave the database. */
  archive: Env['ARCHIVE']
  log: Log
  provider: MailProvider
  queue: Env['OUTBOX_QUEUE']
  /** Base of mailed links, without a slash at the end. */
  linkBase: string
  /** Tells the queue about outbox rows after their commit. Never fails: the sweeper finds what it loses. */
  announceOutbox(ids: readonly string[]): void
  /** Work beside or after the answer; never the only place of an effect. Its failure is logged; its database is not counted. */
  later(work: (db: Database) => Promise<unknown>): void
}

/** Everything a request, batch or run works with. Cheap: keys and wasm are made when they are first used. */
export function createDeps(env: Env, config: Config, scope: Scope): Deps {
  const { requestId, waitUntil } = scope
  const costs = noCosts()
  const clock = systemClock
  const db = createDatabase(env.DB, costs)
  const lookup = createLookup(config.lookupSecret)
  const log = createLog(config.logLevel, { requestId }, errorReporter(config, scope))
  const provider = createMailProvider(config, db, clock)
  const later: Deps['later'] = (work) =>
    waitUntil(
      work(createDatabase(env.DB, noCosts())).catch((error: unknown) =>
        log.error('later_failed', errorFields(error)),
      ),
    )
  const calls = { costs, onFailure: () => tallyFailure(tallyOf(config), { later, clock }) }
  return {
    config,
    requestId,
    costs,
    clock,
    db,
    keys: keyRingOf(config),
    lookup,
    passwords: timedPasswords(config, costs),
    breaches: breachLookup(config, log),
    turnstile: humanCheck(config, log),
    limits: createLimits(env.RATE_LIMITER, lookup, calls),
    guard: createGuard(env.ACCOUNT_GUARD, lookup, {
      ...calls,
      blockSeconds: config.loginBlockSeconds,
    }),
    logos: createLogoStore(env.LOGOS, clock),
    assets: createAssets(env.ASSETS),
    archive: env.ARCHIVE,
    log,
    provider,
    queue: env.OUTBOX_QUEUE,
    linkBase: config.frontendUrl,
    announceOutbox: (ids) => waitUntil(announce(env.OUTBOX_QUEUE, ids, log)),
    later,
  }
}

/** Reports by their configuration, for what they count; see there. */
const reports = new WeakMap<Config, Sentry>()

/** What hears of each error, where SENTRY_DSN says who shall be told. */
function errorReporter(config: Config, scope: Scope): ((line: LogFields) => void) | undefined {
  const { sentryDsn: dsn, environment, logLevel } = config
  if (dsn === undefined) return undefined
  const sentry = reports.get(config) ?? createSentry({ dsn, environment, clock: systemClock })
  reports.set(config, sentry)
  const tell = async (line: LogFields) => {
    const reason = await sentry.report(line, scope.route())
    const log = createLog(logLevel, { requestId: scope.requestId })
    if (reason) log.warn('sentry_unavailable', { reason })
  }
  return (line) => scope.waitUntil(tell(line))
}

/** Key rings by their configuration, so that HKDF runs once per isolate and purpose; holds what the configuration holds. */
const keyRings = new WeakMap<Config, KeyRing>()

function keyRingOf(config: Config): KeyRing {
  const known = keyRings.get(config) ?? createKeyRing(config.authSecrets)
  keyRings.set(config, known)
  return known
}

/** By their configuration, so one per isolate: they live as long as it does, and a count that is lost with it is in the log. */
const tallies = new WeakMap<Config, FailureTally>()

function tallyOf(config: Config): FailureTally {
  const tally = tallies.get(config) ?? newTally()
  tallies.set(config, tally)
  return tally
}

function breachLookup({ breaches }: Config, log: Log): Breaches {
  if (!breaches.isLookupOn) return noBreaches
  return createBreaches({
    baseUrl: breaches.apiUrl,
    timeoutMs: breaches.timeoutMs,
    onSkip: (reason) => log.warn('breach_check_skipped', { reason }),
  })
}

function humanCheck({ turnstile }: Config, log: Log): Turnstile {
  return createTurnstile({
    secret: turnstile.secret,
    baseUrl: turnstile.apiUrl,
    onOutage: (reason) => {
      const level = isLasting(reason) ? 'error' : 'warn'
      log[level]('turnstile_unavailable', { reason })
    },
  })
}

function timedPasswords(config: Config, costs: Costs): Passwords {
  const passwords = createPasswords({
    argon2: loadArgon2,
    peppers: config.passwordPeppers,
    onHash: () => {
      costs.hashes += 1
    },
  })
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const started = performance.now()
    const result = await work
    costs.hashMs += Math.round(performance.now() - started)
    return result
  }
  return {
    hash: (password) => timed(passwords.hash(password)),
    verify: (stored, password) => timed(passwords.verify(stored, password)),
  }
}
