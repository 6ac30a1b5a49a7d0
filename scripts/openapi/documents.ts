/** Both documents, by the names of their files: what is deployed, and what a laptop has beside it. */
import { createApp } from '../../src/app.ts'
import { isDevPath } from '../../src/http/dev-paths.ts'
import { makeDocument } from './document.ts'

export function makeDocuments(): Record<string, object> {
  const { routes } = createApp()
  return {
    'openapi.json': makeDocument(routes, isDevPath),
    'openapi-dev.json': makeDocument(routes, () => false),
  }
}
