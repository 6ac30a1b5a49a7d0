/** The cookies of one browser, for a `fetch` that has none of its own. Two clients with one jar are two tabs. */
import type { ClientOptions } from '../../client/src/options.ts'

export interface Browser {
  fetch: NonNullable<ClientOptions['fetch']>
  cookies: Map<string, string>
}

export function newBrowser(): Browser {
  const cookies = new Map<string, string>()
  return {
    cookies,
    async fetch(input, { credentials, ...init }) {
      const headers = new Headers(init.headers)
      const isAllowed = credentials === 'include'
      if (isAllowed && cookies.size > 0) {
        headers.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
      }
      const response = await fetch(input, { ...init, headers })
      for (const line of isAllowed ? response.headers.getSetCookie() : []) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (/max-age=0/i.test(line)) cookies.delete(name)
        else cookies.set(name, value)
      }
      return response
    },
  }
}

/** A network on which the answer of a refresh stays away until it is released. */
export function holding(inner: Browser['fetch']) {
  const held = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const fetch: typeof inner = async (input, init) => {
    const response = await inner(input, init)
    if (input.endsWith('/auth/refresh')) {
      held.resolve()
      await gate.promise
    }
    return response
  }
  return { held: held.promise, release: gate.resolve, fetch }
}
