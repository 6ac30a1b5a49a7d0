/** A frontend's own origin: an empty page that can load the package, with hono beside it, as a bundler would resolve it. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join, normalize } from 'node:path'
import { ROOT } from '../tools.ts'
import { CLIENT } from './build.ts'

const FOLDERS: Record<string, string> = {
  client: join(CLIENT, 'dist'),
  hono: join(ROOT, 'node_modules', 'hono', 'dist'),
}
const IMPORTS = { '@gatehouse/client': '/client/index.js', 'hono/client': '/hono/client/index.js' }
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A frontend</title>
<link rel="icon" href="data:,"><script type="importmap">${JSON.stringify({ imports: IMPORTS })}</script>`

/** Serves it on this port of the loopback address while `work` runs. */
export async function withPageServer<T>(port: number, work: () => Promise<T>): Promise<T> {
  const server = createServer(({ url = '/' }, response) => {
    const [, folder = '', ...rest] = normalize(url).split('/')
    const root = FOLDERS[folder]
    if (root === undefined) return response.setHeader('Content-Type', 'text/html').end(PAGE)
    response.setHeader('Content-Type', 'text/javascript')
    response.end(readFileSync(join(root, ...rest)))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  try {
    return await work()
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
