/**
 * Tells whether two requests can be told apart: by the answer, or by the work behind it, which a stop-watch would see.
 * The bindings are the real ones and answer themselves; they are only listened to. What rows were written is nothing
 * that shows outside, so it is not compared: statements, round trips, calls, hashes and queue messages are counted.
 */
import { env } from 'cloudflare:workers'
import { expect } from 'vitest'
import { type Answer, type CallOptions, call } from './call.ts'

export interface Observation {
  answer: Answer
  /** What the client sees: status, headers, cookies and body. */
  seen: string[]
  /** What the request did, by kind of work, each in its order. */
  did: string[]
  /** Bodies of the messages that the queue was given. */
  messages: unknown[]
}

interface Ears {
  d1: string[]
  objects: string[]
  queue: string[]
  r2: string[]
  fetches: string[]
  messages: unknown[]
}

type Heard = (method: string, args: unknown[]) => unknown

/** Sends one request and listens. `own`: words that no other request has; they are taken out of what is compared. */
export async function observe(
  path: string,
  { own = [], ...options }: CallOptions & { own?: readonly string[] } = {},
): Promise<Observation> {
  const ears: Ears = { d1: [], objects: [], queue: [], r2: [], fetches: [], messages: [] }
  const realFetch = globalThis.fetch
  globalThis.fetch = (async (input: Request | string | URL, init?: RequestInit) => {
    const url = input instanceof Request ? input.url : String(input)
    ears.fetches.push(`fetch ${init?.method ?? 'GET'} ${url}`)
    return realFetch(input, init)
  }) as typeof fetch
  try {
    const answer = await call(path, { ...options, env: listening(options.env ?? env, ears) })
    const { d1, objects, queue, r2, fetches, messages } = ears
    const did = [...d1, ...objects, ...queue, ...r2, ...fetches]
    return { answer, seen: seenIn(answer, own), did, messages }
  } finally {
    globalThis.fetch = realFetch
  }
}

/** Fails with what only one of the two shows, request by request. */
export function expectAlike(known: readonly Observation[], unknown: readonly Observation[]): void {
  expect(differences(known, unknown)).toEqual([])
}

/** A line for each thing that only one of the two shows; none where nobody could tell them apart. */
export function differences(
  known: readonly Observation[],
  unknown: readonly Observation[],
): string[] {
  const count = Math.max(known.length, unknown.length)
  return Array.from({ length: count }, (_, n) => {
    const [left, right] = [linesOf(known[n]), linesOf(unknown[n])]
    const found = [
      ...without(left, right).map((line) => `only known: ${line}`),
      ...without(right, left).map((line) => `only unknown: ${line}`),
    ]
    const moved = left.find((line, at) => line !== right[at])
    if (found.length === 0 && moved !== undefined) found.push(`in another order: ${moved}`)
    return found.map((line) => `request ${n + 1}, ${line}`)
  }).flat()
}

function linesOf(observation: Observation | undefined): string[] {
  return observation ? [...observation.seen, ...observation.did] : []
}

/** The lines of `left` that `right` lacks, each as often as it lacks it. */
function without(left: readonly string[], right: readonly string[]): string[] {
  const rest = [...right]
  return left.filter((line) => {
    const at = rest.indexOf(line)
    if (at >= 0) rest.splice(at, 1)
    return at < 0
  })
}

function seenIn({ status, headers, text }: Answer, own: readonly string[]): string[] {
  const fields = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'set-cookie')
  return [
    `status ${status}`,
    ...fields.map(([name, value]) => `header ${name}: ${timeless(name, impersonal(value, own))}`),
    ...headers.getSetCookie().map((line) => `cookie ${line.replace(/=[^;]+/, '=…')}`),
    `body ${impersonal(text, own)}`,
  ]
}

/** `Server-Timing` counts the hashes; how long they took is another thing each time. */
function timeless(name: string, value: string): string {
  return name === 'server-timing' ? value.replaceAll(/;dur=\d+/g, '') : value
}

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
/** 256 random bits, such as the flow of a code. */
const SECRET = /(?<![\w-])[\w-]{43}(?![\w-])/g
const MOMENT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g

function impersonal(text: string, own: readonly string[]): string {
  const common = text
    .replaceAll(ID, '<id>')
    .replaceAll(SECRET, '<secret>')
    .replaceAll(MOMENT, '<moment>')
  return own.reduce((rest, word) => rest.replaceAll(word, '<own>'), common)
}

/** The environment of a worker, with an ear at each of its bindings. */
function listening(workerEnv: Env, ears: Ears): Env {
  return {
    ...workerEnv,
    DB: listeningDatabase(workerEnv.DB, ears),
    RATE_LIMITER: listeningNamespace(workerEnv.RATE_LIMITER, 'RATE_LIMITER', ears),
    ACCOUNT_GUARD: listeningNamespace(workerEnv.ACCOUNT_GUARD, 'ACCOUNT_GUARD', ears),
    OUTBOX_QUEUE: heard(workerEnv.OUTBOX_QUEUE, (method, [sent]) => {
      const messages = method === 'sendBatch' ? [...(sent as { body: unknown }[])] : [sent]
      ears.queue.push(`queue ${method} of ${messages.length}`)
      for (const message of messages) ears.messages.push((message as { body: unknown }).body)
    }),
    LOGOS: heard(workerEnv.LOGOS, (method) => void ears.r2.push(`r2 ${method}`)),
    ARCHIVE: heard(workerEnv.ARCHIVE, (method) => void ears.r2.push(`archive ${method}`)),
    ASSETS: heard(workerEnv.ASSETS, (method) => void ears.fetches.push(`assets ${method}`)),
  }
}

function listeningDatabase(database: D1Database, { d1 }: Ears): D1Database {
  const originals = new WeakMap<object, { statement: D1PreparedStatement; told: string }>()
  let roundTrips = 0
  const tell = (told: readonly string[]) => {
    roundTrips += 1
    d1.push(...told.map((line) => `d1 round trip ${roundTrips}: ${line}`))
  }
  const wrap = (
    statement: D1PreparedStatement,
    query: string,
    bound: number,
  ): D1PreparedStatement => {
    const told = `${query.replaceAll(/\s+/g, ' ')} (${bound} bound)`
    const wrapped = heard(statement, (method, args) => {
      if (method === 'bind') return wrap(statement.bind(...args), query, args.length)
      return void tell([told])
    })
    originals.set(wrapped, { statement, told })
    return wrapped
  }
  return heard(database, (method, [first]) => {
    if (method === 'prepare') return wrap(database.prepare(String(first)), String(first), 0)
    if (method !== 'batch') return void tell([method])
    const batch = (first as D1PreparedStatement[]).map((one) => originals.get(one))
    tell(batch.map((one) => one?.told ?? 'a statement of somebody else'))
    return database.batch(batch.flatMap((one) => (one ? [one.statement] : [])))
  })
}

function listeningNamespace<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  name: string,
  { objects }: Ears,
): DurableObjectNamespace<T> {
  return heard(namespace, (method, [which]) => {
    if (method !== 'getByName') return void objects.push(`object ${name} by ${method}`)
    const stub = namespace.getByName(String(which))
    return heard(stub, (rpc) => void objects.push(`object ${name}.${rpc}`))
  })
}

/** Each call of a method is heard first; what `hear` gives, if anything, stands in for the method's result. */
function heard<T extends object>(target: T, hear: Heard): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => hear(String(name), args) ?? Reflect.apply(value, target, args)
    },
  })
}
