/** /openapi.json, made from the routes' own schemas, and /docs, a plain page to read and try it. */
import type { Hono } from 'hono'
import { generateSpecs } from 'hono-openapi'
import { newRandomSecret } from '../lib/tokens.ts'
import { COOKIE_NAMES } from './cookies.ts'
import { isDevPath } from './dev-paths.ts'
import { docsContentSecurityPolicy, docsPage } from './docs-page.tsx'
import { type AppEnv, factory } from './factory.ts'
import { placeBodyNotes } from './openapi.ts'

type Document = Awaited<ReturnType<typeof generateSpecs>>

/** The document by its app: made once per isolate, at the first request that asks; routes do not change while it runs. */
const documents = new WeakMap<object, Document>()

async function documentOf(app: Hono<AppEnv>): Promise<Document> {
  const document = documents.get(app) ?? (await makeDocument(app))
  documents.set(app, document)
  return document
}

/** What this environment has: the development pages exist on a laptop only. */
async function documentFor(app: Hono<AppEnv>, environment: string): Promise<Document> {
  const document = await documentOf(app)
  if (environment === 'dev') return document
  const paths = Object.entries(document.paths).filter(([path]) => !isDevPath(path))
  return { ...document, paths: Object.fromEntries(paths) }
}

async function makeDocument(app: Hono<AppEnv>): Promise<Document> {
  const document = await generateSpecs(app, {
    defaultValidationErrorResponse: false,
    // A path with a dot in it is a route here, never a file.
    excludeStaticFile: false,
    documentation: {
      info: {
        title: 'Gatehouse',
        version: '1',
        description:
          'Community-first signup and auth. A community signs up, its owner proves the mailbox, an admin approves it, and only then does anyone log in.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          cookie: { type: 'apiKey', in: 'cookie', name: COOKIE_NAMES.access },
          refreshCookie: { type: 'apiKey', in: 'cookie', name: COOKIE_NAMES.refresh },
        },
      },
    },
  })
  placeBodyNotes(document.paths)
  return document
}

export function documentationRoutes(api: () => Hono<AppEnv>) {
  return factory
    .createApp()
    .get('/openapi.json', async (c) =>
      c.json(await documentFor(api(), c.get('deps').config.environment)),
    )
    .get('/docs', async (c) => {
      const nonce = newRandomSecret()
      c.header('Content-Security-Policy', docsContentSecurityPolicy(nonce))
      return c.html(
        `<!doctype html>${docsPage(await documentFor(api(), c.get('deps').config.environment), nonce)}`,
      )
    })
}
