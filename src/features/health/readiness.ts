/**
 * Is everything there that the service stands on? Each part is asked something that changes nothing, all at once, and no
 * longer than two seconds. What was found is good for five seconds, and stays while the next look is under way, so that
 * whoever asks often makes one look of it. It tells which part is down, and why only in the log.
 */
import { and, isNull, lte } from 'drizzle-orm'
import { usableConfigOf } from '../../config.ts'
import { noCosts } from '../../costs.ts'
import { createDatabase } from '../../db/client.ts'
import { outbox } from '../../db/schema/index.ts'
import { errorFields, type Log, type LogFields } from '../../log.ts'

const TIMEOUT_MS = 2_000
const KEPT_MS = 5_000
/** What should have gone out so long ago shows that nobody delivers: each attempt puts the next one off. */
const STANDSTILL_MS = 15 * 60_000
/** Of an object that is in no bucket, and of Durable Objects that count nobody. */
const NAME = 'ready'

export const SERVICES = ['database', 'limits', 'queue', 'storage', 'mail'] as const
export type Service = (typeof SERVICES)[number]

export interface Readiness {
  /** When it was found, ms UTC. */
  at: number
  /** What is wrong with whatever is down; for the log alone. */
  faults: Partial<Record<Service, LogFields>>
}

/** By the environment, so once per isolate: names of parts and two moments, nothing of any request. */
const known = new WeakMap<object, Readiness>()

/** What is down, as it was found within the last five seconds. Never rejects. */
export async function readReadiness(env: Env, log: Log, now: number): Promise<Readiness> {
  const last = known.get(env)
  if (last && now >= last.at && now - last.at < KEPT_MS) return last
  if (last) known.set(env, { ...last, at: now })
  const found = { at: now, faults: await findFaults(env, now) }
  known.set(env, found)
  if (!isReady(found)) log.warn('not_ready', found.faults)
  return found
}

export const isReady = ({ faults }: Readiness) => Object.keys(faults).length === 0

async function findFaults(env: Env, now: number): Promise<Readiness['faults']> {
  let standsStill = false
  const [database, limits, queue, storage, configuration] = await Promise.all([
    faultOf(async () => {
      standsStill = (await findStuckMail(env, now)).length > 0
    }),
    faultOf(() =>
      Promise.all([
        env.RATE_LIMITER.getByName(NAME).ping(),
        env.ACCOUNT_GUARD.getByName(NAME).ping(),
      ]),
    ),
    faultOf(() => env.OUTBOX_QUEUE.metrics()),
    faultOf(() => Promise.all([env.LOGOS.head(NAME), env.ARCHIVE.head(NAME)])),
    faultOf(() => usableConfigOf(env)),
  ])
  const stuck = standsStill ? { error: 'mails wait and nobody delivers them' } : undefined
  const mail = configuration ?? stuck
  const all = Object.entries({ database, limits, queue, storage, mail })
  return Object.fromEntries(all.filter(([, fault]) => fault !== undefined))
}

/** A question to the database that says of the outbox, too, whether it moves. */
function findStuckMail(env: Env, now: number) {
  return createDatabase(env.DB, noCosts())
    .select({ id: outbox.id })
    .from(outbox)
    .where(
      and(
        isNull(outbox.sentAt),
        isNull(outbox.failedAt),
        lte(outbox.notBefore, now - STANDSTILL_MS),
      ),
    )
    .limit(1)
}

/** What went wrong, or undefined. A binding that is missing is a fault like any other. */
async function faultOf(probe: () => Promise<unknown>): Promise<LogFields | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<LogFields>((resolve) => {
    timer = setTimeout(() => resolve({ error: 'no answer' }), TIMEOUT_MS)
  })
  const answer = async () => {
    await probe()
    return undefined
  }
  try {
    return await Promise.race([answer(), timeout])
  } catch (error) {
    return errorFields(error)
  } finally {
    clearTimeout(timer)
  }
}
