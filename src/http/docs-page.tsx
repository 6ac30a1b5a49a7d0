/** The plain page at /docs: every route with what it takes and answers, from the same document as /openapi.json. No script. */
import type { FC } from 'hono/jsx'

/** Nothing but the page's own style; no script at all. */
export const DOCS_CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

interface Operation {
  summary?: string
  description?: string
  tags?: string[]
  parameters?: object[]
  requestBody?: object
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
code, pre { font: 0.85rem/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
pre { overflow: auto; max-height: 24rem; padding: 0.75rem; border: 1px solid #8886; border-radius: 6px; white-space: pre-wrap }
details { border-top: 1px solid #8886; padding: 0.5rem 0 }
summary { cursor: pointer }
summary b { display: inline-block; min-width: 4.5rem }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; white-space: pre-line }
`

export function docsPage(document: OpenApiDocument) {
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
          The same as a document for tools: <a href="/openapi.json">/openapi.json</a>
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
    {operation.parameters && <Shape title="Parameters" value={operation.parameters} />}
    {operation.requestBody && <Shape title="Body" value={operation.requestBody} />}
    <h3>Answers</h3>
    <table>
      {Object.entries(operation.responses ?? {}).map(([status, response]) => (
        <tr>
          <th>{status}</th>
          <td>{response.description}</td>
        </tr>
      ))}
    </table>
  </details>
)

const Shape: FC<{ title: string; value: object }> = ({ title, value }) => (
  <>
    <h3>{title}</h3>
    <pre>{JSON.stringify(value, null, 2)}</pre>
  </>
)
