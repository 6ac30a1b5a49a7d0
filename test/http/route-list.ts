/** Every route of the app, as the app itself tells it, so that a new one is tested the day it is mounted. */
import { createApp } from '../../src/app.ts'

export interface RouteEntry {
  method: string
  /** As it is mounted, with `:parameters`. */
  path: string
  /** With a value in place of each parameter that may be read. */
  url: string
  /** Names of its middleware, in order. */
  steps: string[]
}

/** Handlers that are no middleware have no name. */
export function routeList(): RouteEntry[] {
  const byKey = new Map<string, RouteEntry>()
  for (const { method, path, handler } of createApp().routes) {
    if (method === 'ALL') continue
    const key = `${method} ${path}`
    const url = path.replaceAll(/:[a-z]+/gi, (name) => (name === ':domain' ? 'x.example' : 'x'))
    const entry = byKey.get(key) ?? { method, path, url, steps: [] }
    entry.steps.push(handler.name)
    byKey.set(key, entry)
  }
  return [...byKey.values()]
}

export const isUnsafe = ({ method }: RouteEntry) => !['GET', 'HEAD', 'OPTIONS'].includes(method)

/** What is deleted for good takes a body with a second proof. */
const DELETES_BY_PROOF = ['/api/v1/account', '/api/v1/communities/:community']

/** As JSON. Whatever a path names is validated too, and is no body. */
export const takesBody = ({ method, path, steps }: RouteEntry) => {
  const validators = steps.filter((step) => step === 'validateInput').length
  const mayHaveOne = method === 'DELETE' ? DELETES_BY_PROOF.includes(path) : method !== 'GET'
  return mayHaveOne && validators > (path.includes('/:') ? 1 : 0)
}

/** Answers whatever the state of the service. */
export const NEEDS_NOTHING = ['/health', '/health/ready']
