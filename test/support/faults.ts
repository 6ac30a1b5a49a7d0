/** The environment with one binding that fails. Everything else is the real thing. */
import { env } from 'cloudflare:workers'

const isMethod = (value: unknown): value is (...args: unknown[]) => unknown =>
  typeof value === 'function'

/** A binding whose methods go through `intercept` first; what that returns, if anything, is the result. */
function intercepted<T extends object>(
  binding: T,
  intercept: (method: string, args: unknown[]) => unknown,
): T {
  return new Proxy(binding, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (!isMethod(value)) return value
      return (...args: unknown[]) => intercept(String(name), args) ?? value.apply(target, args)
    },
  })
}

export interface BatchFault {
  env: Env
  /** How many statements each batch had, in order. */
  sizes: number[]
}

const FAILING = {
  outage: 'select * from a_table_that_is_not_there',
  lost_race: 'insert into _assert (v) values (0)',
}

/** Statement `k` (from 0) of batch `nth` (from 0) fails as an outage or a lost race would; with `k` left out nothing fails and sizes are counted. */
export function failingBatch(
  nth: number,
  k?: number,
  how: keyof typeof FAILING = 'outage',
): BatchFault {
  const sizes: number[] = []
  const DB = intercepted(env.DB, (method, args) => {
    if (method !== 'batch') return undefined
    const statements = [...(args[0] as D1PreparedStatement[])]
    sizes.push(statements.length)
    if (sizes.length - 1 !== nth || k === undefined) return undefined
    statements[k] = env.DB.prepare(FAILING[how])
    return env.DB.batch(statements)
  })
  return { env: { ...env, DB }, sizes }
}

/** The database answers nothing at all: it refuses at once, or lets everybody wait. */
export function failingDatabase(how: 'throws' | 'hangs' = 'throws'): Env {
  const fail = () =>
    how === 'hangs'
      ? new Promise(() => undefined)
      : Promise.reject(new Error('D1_ERROR: Network connection lost.'))
  const DB = intercepted(env.DB, (method) => (method === 'prepare' ? undefined : fail()))
  return {
    ...env,
    DB: new Proxy(DB, {
      get(target, name) {
        if (name !== 'prepare') return Reflect.get(target, name)
        return (query: string) => failingStatement(env.DB.prepare(query), fail)
      },
    }),
  }
}

function failingStatement(
  statement: D1PreparedStatement,
  fail: () => Promise<unknown>,
): D1PreparedStatement {
  return intercepted(statement, (method, args) =>
    method === 'bind' ? failingStatement(statement.bind(...args), fail) : fail(),
  )
}

type ObjectBinding = 'RATE_LIMITER' | 'ACCOUNT_GUARD'

/** A Durable Object whose named method rejects, or never answers. */
export function failingObject(
  binding: ObjectBinding,
  method: string,
  how: 'throws' | 'hangs',
): Env {
  const fail = () =>
    how === 'hangs'
      ? new Promise(() => undefined)
      : Promise.reject(new Error('object is overloaded'))
  const namespace = new Proxy(env[binding], {
    get(target, name) {
      if (name !== 'getByName') return Reflect.get(target, name)
      return (objectName: string) => {
        const stub = target.getByName(objectName)
        return new Proxy(stub, {
          get: (real, rpc) =>
            rpc === method ? fail : (...args: unknown[]) => callStub(real, String(rpc), args),
        })
      }
    },
  })
  return { ...env, [binding]: namespace }
}

function callStub(stub: object, method: string, args: unknown[]): unknown {
  const rpc = (stub as Record<string, (...args: unknown[]) => unknown>)[method]
  return rpc?.(...args)
}

/** `send` and `sendBatch` reject, or never answer; so does everything else that a queue can do. */
export function failingQueue(how: 'throws' | 'hangs' = 'throws'): Env {
  const fail = () =>
    how === 'hangs'
      ? new Promise(() => undefined)
      : Promise.reject(new Error('queue is unavailable'))
  return { ...env, OUTBOX_QUEUE: intercepted(env.OUTBOX_QUEUE, fail) }
}

/** The named R2 method rejects, or never answers. */
export function failingBucket(
  method: string,
  binding: 'LOGOS' | 'ARCHIVE' = 'LOGOS',
  how: 'throws' | 'hangs' = 'throws',
): Env {
  const bucket = intercepted(env[binding], (name) => {
    if (name !== method) return undefined
    return how === 'hangs'
      ? new Promise(() => undefined)
      : Promise.reject(new Error('R2 is unavailable'))
  })
  return { ...env, [binding]: bucket }
}

/** A bucket whose lock keeps every object that is there from being written over. */
export function lockedBucket(binding: 'LOGOS' | 'ARCHIVE'): Env {
  const bucket = intercepted(env[binding], (name, [key, ...rest]) => {
    if (name !== 'put') return undefined
    return env[binding].head(String(key)).then((there) => {
      if (there) throw new Error('put: the object is locked')
      return env[binding].put(String(key), ...(rest as [Uint8Array, R2PutOptions]))
    })
  })
  return { ...env, [binding]: bucket }
}

/** Static files: what is asked for them gives this, or rejects where nothing is named. */
export function failingAssets(answer?: () => Response): Env {
  const ASSETS = intercepted(env.ASSETS, () =>
    answer ? Promise.resolve(answer()) : Promise.reject(new Error('assets are unavailable')),
  )
  return { ...env, ASSETS }
}

export interface Trace {
  env: Env
  /** Every statement sent to D1 (text only), every Durable Object method and every queue send, in order. */
  steps: string[]
}

/** The environment, with a record of what a call did to it. */
export function traced(): Trace {
  const steps: string[] = []
  const named = new WeakMap<object, string>()
  const wrap = (statement: D1PreparedStatement, query: string): D1PreparedStatement => {
    const proxy = intercepted(statement, (method, args) => {
      if (method === 'bind') return wrap(statement.bind(...args), query)
      steps.push(`d1 ${query}`)
      return undefined
    })
    named.set(proxy, query)
    originals.set(proxy, statement)
    return proxy
  }
  const originals = new WeakMap<object, D1PreparedStatement>()
  const DB = intercepted(env.DB, (method, args) => {
    if (method === 'prepare') return wrap(env.DB.prepare(String(args[0])), String(args[0]))
    const statements = args[0] as D1PreparedStatement[]
    for (const statement of statements) steps.push(`d1 batch ${named.get(statement)}`)
    return env.DB.batch(statements.map((statement) => originals.get(statement) ?? statement))
  })
  const objects = Object.fromEntries(
    (['RATE_LIMITER', 'ACCOUNT_GUARD'] as const).map((binding) => [
      binding,
      new Proxy(env[binding], {
        get(target, name) {
          if (name !== 'getByName') return Reflect.get(target, name)
          return (objectName: string) => {
            const stub = target.getByName(objectName)
            return new Proxy(stub, {
              get:
                (real, rpc) =>
                (...args: unknown[]) => {
                  steps.push(`object ${binding}.${String(rpc)}`)
                  return callStub(real, String(rpc), args)
                },
            })
          }
        },
      }),
    ]),
  )
  const OUTBOX_QUEUE = intercepted(env.OUTBOX_QUEUE, (method) => {
    steps.push(`queue ${method}`)
    return undefined
  })
  return { env: { ...env, DB, OUTBOX_QUEUE, ...objects }, steps }
}

/** Batch `nth` (from 0) is committed, but its answer never arrives. */
export function lostAnswer(nth: number): Env {
  let seen = -1
  const DB = intercepted(env.DB, (method, args) => {
    if (method !== 'batch') return undefined
    seen += 1
    if (seen !== nth) return undefined
    return env.DB.batch(args[0] as D1PreparedStatement[]).then(() =>
      Promise.reject(new Error('D1_ERROR: Network connection lost.')),
    )
  })
  return { ...env, DB }
}

/** Somebody else writes just before batch `nth` (from 0). */
export function beforeBatch(nth: number, write: () => Promise<unknown>): Env {
  let seen = -1
  const DB = intercepted(env.DB, (method, args) => {
    if (method !== 'batch') return undefined
    seen += 1
    if (seen !== nth) return undefined
    return write().then(() => env.DB.batch(args[0] as D1PreparedStatement[]))
  })
  return { ...env, DB }
}
