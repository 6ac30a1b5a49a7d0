/** Scalar's bundle for browsers, as its plugin for Fastify serves it: the smallest package that carries it. */
import plugin from '@scalar/fastify-api-reference'

interface Route {
  url: string
  handler(request: undefined, reply: Reply): unknown
}

interface Reply {
  header(name: string, value: string): Reply
  send(content: string): unknown
}

/** The script's text. Throws where the package no longer serves one. */
export function scalarScript(): string {
  const routes: Route[] = []
  const host = { route: (route: Route) => routes.push(route) }
  const options = { configuration: { url: '/openapi.json' } }
  Reflect.apply(plugin, undefined, [host, options, () => undefined])
  const route = routes.find(({ url }) => url.endsWith('.js'))
  let script = ''
  const reply: Reply = {
    header: () => reply,
    send: (content) => {
      script = content
    },
  }
  route?.handler(undefined, reply)
  if (!script.includes('createApiReference'))
    throw new Error('@scalar/fastify-api-reference has no script')
  return script
}
