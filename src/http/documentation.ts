/** /openapi.json, made of the routes' own schemas as the Worker is built, and /docs, a page to read and try it. Open to all. */
import { newRandomSecret } from '../lib/tokens.ts'
import { docsContentSecurityPolicy, docsPage } from './docs-page.ts'
import { factory } from './factory.ts'

const SCRIPT_CACHE_SECONDS = 3600

export const documentationRoutes = factory
  .createApp()
  .get('/openapi.json', async (c) => {
    const { assets, config } = c.get('deps')
    // What this environment has: the development pages exist on a laptop only.
    const file = config.environment === 'dev' ? '/openapi-dev.json' : '/openapi.json'
    const document = await assets.read(file)
    c.header('Content-Type', 'application/json')
    return c.body(document, 200)
  })
  .get('/docs', (c) => {
    const nonce = newRandomSecret()
    c.header('Content-Security-Policy', docsContentSecurityPolicy(nonce))
    return c.html(docsPage(nonce))
  })
  .get('/docs/script.js', async (c) => {
    const script = await c.get('deps').assets.read('/docs.js')
    c.header('Content-Type', 'text/javascript; charset=utf-8')
    c.header('Cache-Control', `public, max-age=${SCRIPT_CACHE_SECONDS}`)
    return c.body(script, 200)
  })
