/**
 * The page at /docs: every route with what it takes and answers, from the same document as /openapi.json, and a form
 * to try it. Its one script comes with the page and speaks to this origin only.
 */

import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import { DOCS_SCRIPT } from './docs-script.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

interface Parameter {
  name: string
  in: string
  description?: string
}

interface Operation {
  summary?: string
  description?: string
  tags?: string[]
  parameters?: Parameter[]
  requestBody?: { content?: Record<string, { example?: object }> }
  responses?: Record<string, { description?: string }>
  security?: object[]
}

interface OpenApiDocument {
  info: { title: string; description?: string }
  paths?: object
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 0 auto; padding: 1rem }
code, pre, textarea, input { font: 0.85rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
pre { overflow: auto; max-height: 24rem; padding: 0.75rem; border: 1px solid #8886; border-radius: 6px; white-space: pre-wrap }
textarea { width: 100%; box-sizing: border-box }
label { display: block; margin: 0.5rem 0 }
button { font: inherit; padding: 0.4rem 1.25rem; cursor: pointer }
details { border-top: 1px solid #8886; padding: 0.5rem 0 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; white-space: pre-line }
`

/** Only the script that carries this nonce runs, and it reaches nothing but this origin. */
export function docsContentSecurityPolicy(nonce: string): string {
  return `default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

export function docsPage(document: OpenApiDocument, nonce: string) {
  const operations = operationsOf(document)
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? 'Other'))]
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${document.info.title} API`}</title>
        <style>{STYLE}</style>
      </head>
      <body>
        <h1>{document.info.title} API</h1>
        <p>{document.info.description}</p>
        <p>
          The same as a document for tools: <a href="/openapi.json">/openapi.json</a>. Log in below,
          and the routes that need an access token get it from this page.
        </p>
        {tags.map((tag) => (
          <section>
            <h2>{tag}</h2>
            {operations
              .filter(({ operation }) => (operation.tags?.[0] ?? 'Other') === tag)
              .map((entry) => (
                <OperationDetails {...entry} />
              ))}
          </section>
        ))}
        <script nonce={nonce}>{raw(DOCS_SCRIPT)}</script>
      </body>
    </html>
  )
}

interface Entry {
  method: string
  path: string
  operation: Operation
}

function operationsOf(document: OpenApiDocument): Entry[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = (item as Partial<Record<string, Operation>>)[method]
      return operation ? [{ method: method.toUpperCase(), path, operation }] : []
    }),
  )
}

const OperationDetails: FC<Entry> = ({ method, path, operation }) => (
  <details>
    <summary>
      <b>{method}</b> <code>{path}</code> {operation.summary}
    </summary>
    <p>{operation.description}</p>
    {operation.security && <p>Needs an access token.</p>}
    <TryIt method={method} path={path} operation={operation} />
    <h3>Answers</h3>
    <table>
      {Object.entries(operation.responses ?? {}).map(([status, response]) => (
        <tr>
          <th>{status}</th>
          <td>{response.description}</td>
        </tr>
      ))}
    </table>
    {operation.requestBody && (
      <>
        <h3>Body</h3>
        <pre>{JSON.stringify(operation.requestBody, null, 2)}</pre>
      </>
    )}
  </details>
)

const TryIt: FC<Entry> = ({ method, path, operation }) => {
  const body = operation.requestBody?.content?.['application/json']
  const parameters = operation.parameters ?? []
  return (
    <form data-method={method} data-path={path}>
      {parameters.map(({ name, in: place, description }) => (
        <label>
          {name} ({place}) {description}
          <br />
          <input name={name} data-in={place} autocomplete="off" />
        </label>
      ))}
      {body && (
        <textarea name="body" rows={8} aria-label="Body">
          {JSON.stringify(body.example ?? {}, null, 2)}
        </textarea>
      )}
      <button type="submit">Send</button>
      <pre hidden></pre>
    </form>
  )
}
