/** A Worker behind the proxy, with an owner who can log in, and clients as frontends have them, built as they are published. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose'
import * as z from 'zod'
import type { Client, ClientOptions, Result, SignedOutReason } from '../../client/src/index.ts'
import * as stories from '../browser/story-world.ts'
import { withFreshServer } from '../fresh-server.ts'
import { createClient, type Client as HttpClient } from '../smoke/client.ts'
import { CLIENT } from './build.ts'
import { type Browser, newBrowser } from './cookie-jar.ts'
import { type FaultyProxy, withProxy } from './proxy.ts'

type Package = typeof import('../../client/src/index.ts')
/** One machine is many people here. */
const LIMITS = ['LOGIN_LIMIT_PER_MINUTE', 'GENERAL_LIMIT_PER_MINUTE', 'REFUSED_LIMIT_PER_MINUTE']
const keySet = z.object({ keys: z.array(z.object({ kid: z.string() }).loose()) })

export const OWNER = { email: stories.OWNER, password: stories.PASSWORD }
export const API = stories.API

export interface World {
  library: Package
  proxy: FaultyProxy
  /** Calls the Worker itself. */
  http: HttpClient
  /** An answer with its access token run out. */
  aged(data: Record<string, unknown>): Promise<Record<string, unknown>>
}

/** `origin`: of the page that may call the API. */
export async function withWorld<T>(origin: string, work: (world: World) => Promise<T>): Promise<T> {
  const vars = [`ALLOWED_ORIGINS:${origin}`, ...LIMITS.map((name) => `${name}:5000`)]
  const args = vars.flatMap((one) => ['--var', one])
  const library: Package = await import(pathToFileURL(join(CLIENT, 'dist', 'index.js')).href)
  return withFreshServer(args, async ({ origin: target, admin, state }) => {
    const http = createClient(target)
    const slug = await stories.signUp(http)
    const { link = '' } = await stories.nextMail(http, OWNER.email, 'signup_confirmation')
    const token = new URL(link).searchParams.get('token')
    await http.expect(200, 'POST', `${API}/auth/verify-email`, { body: { token } })
    await stories.approve(http, admin, slug)
    const sign = await readSigner(state.envFile ?? '')
    const aged = async (data: Record<string, unknown>) =>
      typeof data.accessToken === 'string'
        ? { ...data, accessToken: await sign(data.accessToken) }
        : data
    return withProxy(target, (proxy) => work({ library, proxy, http, aged }))
  })
}

/** Signs the same token again, as of an hour ago. */
async function readSigner(envFile: string): Promise<(token: string) => Promise<string>> {
  const [, text = ''] = /^JWT_PRIVATE_KEYS='(.*)'$/m.exec(readFileSync(envFile, 'utf8')) ?? []
  const [jwk] = keySet.parse(JSON.parse(text)).keys
  const key = await importJWK({ ...jwk }, 'ES256')
  return (token) => {
    const { iat = 0, exp = 0, ...claims } = decodeJwt(token)
    const past = { ...claims, iat: iat - 3600, exp: exp - 3600 }
    const { alg = 'ES256', ...header } = decodeProtectedHeader(token)
    return new SignJWT(past).setProtectedHeader({ ...header, alg }).sign(key)
  }
}

export interface Person {
  client: Client
  browser: Browser
  /** What it was told at each sign-out. */
  ends: SignedOutReason[]
}

/** A frontend where nobody is signed in yet. */
export function visit(
  { library, proxy }: World,
  options: Partial<ClientOptions> = {},
  browser = newBrowser(),
): Person {
  const ends: SignedOutReason[] = []
  const onSignedOut = (reason: SignedOutReason) => ends.push(reason)
  const base = { baseUrl: proxy.origin, fetch: browser.fetch, onSignedOut }
  return { client: library.createClient({ ...base, ...options }), browser, ends }
}

/** A frontend where the owner has logged in. `change`: what becomes of the answer to that, such as `world.aged`. */
export async function signIn(
  world: World,
  options: Partial<ClientOptions> = {},
  { browser = newBrowser(), change }: { browser?: Browser; change?: FaultyProxy['change'] } = {},
): Promise<Person> {
  const { proxy } = world
  proxy.forget()
  proxy.change = change
  const person = visit(world, options, browser)
  dataOf(await person.client.api.auth.login.$post({ json: OWNER }))
  proxy.forget()
  return person
}

export function dataOf<T>(result: Result<T>): T {
  if (result.ok) return result.data
  throw new Error(`answered ${result.status} ${JSON.stringify(result.error)}`)
}

export function codeOf(result: Result<unknown>): string {
  return result.ok ? `${result.status}` : result.error.code
}

/** The same call so many times at once; the codes of the answers, each once. */
export async function atOnce(
  times: number,
  call: () => Promise<Result<unknown>>,
): Promise<string[]> {
  const results = await Promise.all(Array.from({ length: times }, call))
  return [...new Set(results.map(codeOf))]
}
