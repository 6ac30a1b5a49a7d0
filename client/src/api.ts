/** The types of the calls: hono's client as it is, but that a call gives a `Result` and that empty parts may be left out. */
import type { Hono } from 'hono'
import { type ClientRequestOptions, type ClientResponse, hc } from 'hono/client'
import type { BlankEnv } from 'hono/types'
import type { Contract } from './contract.ts'
import type { Failure, Success } from './result.ts'
import type { Send } from './send.ts'

/** The client's own business. */
type Inner = '/api/v1/auth/refresh' | '/api/v1/auth/csrf'
type App = Hono<BlankEnv, Omit<Contract, Inner>, '/'>
type Caller = ReturnType<typeof hc<App, string>>['api']['v1']

/** `headers`, and `init` for a signal: `{ init: { signal } }`. */
export type CallOptions = Pick<ClientRequestOptions, 'headers' | 'init'>

export type Api = Calls<Caller>

type Calls<C> = {
  [K in keyof C as K extends '$url' | '$path' | '$ws' ? never : K]: C[K] extends (
    ...args: infer A
  ) => Promise<infer R>
    ? Call<NonNullable<A[0]>, AnswerOf<R> | Failure>
    : Calls<C[K]>
}

type Call<Input, Answer> =
  Nothing extends Lean<Input>
    ? (input?: Lean<Input>, options?: CallOptions) => Promise<Answer>
    : (input: Lean<Input>, options?: CallOptions) => Promise<Answer>

type Nothing = Record<never, never>
/** A part of the request in which nothing is needed need not be there. */
type Lean<I> = {
  [K in keyof I as Nothing extends I[K] ? never : K]: I[K]
} & { [K in keyof I as Nothing extends I[K] ? K : never]?: I[K] }

/** What the envelope holds; a file is the `Response` itself. */
type AnswerOf<R> =
  R extends ClientResponse<infer O, infer S, infer F>
    ? F extends 'json'
      ? O extends { success: true; data: infer D }
        ? Success<D, S>
        : Success<O, S>
      : Success<string extends F ? unknown : Response, S>
    : never

/** hono's client gives what its `fetch` gives, untouched: here that is a `Result`. */
export function bindApi(baseUrl: string, send: Send): Api {
  const fetch = (input: unknown, init?: RequestInit) => send(String(input), init ?? {})
  const caller = hc<App, string>(baseUrl, { fetch: fetch as unknown as typeof globalThis.fetch })
  return caller.api.v1 as unknown as Api
}
