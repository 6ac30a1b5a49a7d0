/** /openapi.json, made of the routes' own schemas as the Worker is built, and /docs, a plain page to read and try it. */
import type { Context } from 'hono'
import { newRandomSecret } from '../lib/tokens.ts'
import { docsContentSecurityPolicy, docsPage } from './docs-page.tsx'
import { type AppEnv, factory } from './factory.ts'

/** What this environment has: the development pages exist on a laptop only. */
function documentOf(c: Context<AppEnv>): Promise<ReadableStream> {
  const { assets, config } = c.get('deps')
  return assets.read(config.environment === 'dev' ? '/openapi-dev.json' : '/openapi.json')
}

export const documentationRoutes = factory
  .createApp()
  .get('/openapi.json', async (c) => {
    c.header('Content-Type', 'application/json')
    return c.body(await documentOf(c), 200)
  })
  .get('/docs', async (c) => {
    const nonce = newRandomSecret()
    c.header('Content-Security-Policy', docsContentSecurityPolicy(nonce))
    const document = await new Response(await documentOf(c)).json()
    return c.html(`<!doctype html>${docsPage(document as never, nonce)}`)
  })
