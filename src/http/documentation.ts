/** /openapi.json, made from the routes' own schemas, and /docs, a plain page to read and try it. */
import type { Hono } from 'hono'
import { generateSpecs } from 'hono-openapi'
import { docsContentSecurityPolicy, docsPage } from './docs-page.tsx'
import { type AppEnv, factory } from './factory.ts'
import { placeExamples } from './openapi.ts'

type Document = Awaited<ReturnType<typeof generateSpecs>>

/** The document by its app: made once per isolate, at the first request that asks; routes do not change while it runs. */
const documents = new WeakMap<object, Promise<Document>>()

function documentOf(app: Hono<AppEnv>): Promise<Document> {
  const known = documents.get(app)
  if (known) return known
  const document = makeDocument(app)
  documents.set(app, document)
  return document
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
          cookie: { type: 'apiKey', in: 'cookie', name: '__Host-access' },
        },
      },
    },
  })
  placeExamples(document.paths)
  return document
}

export function documentationRoutes(api: () => Hono<AppEnv>) {
  return factory
    .createApp()
    .get('/openapi.json', async (c) => c.json(await documentOf(api())))
    .get('/docs', async (c) => {
      const nonce = crypto.randomUUID()
      c.header('Content-Security-Policy', docsContentSecurityPolicy(nonce))
      return c.html(`<!doctype html>${docsPage(await documentOf(api()), nonce)}`)
    })
}
