/** The OpenAPI document as the worker gives it, in the shape that tests walk through. */
import { call } from '../support/call.ts'

export interface JsonSchema {
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  maxItems?: number
}

export interface Operation {
  summary?: string
  tags?: string[]
  security?: object[]
  parameters?: { in: string; name: string; schema: JsonSchema; required?: boolean }[]
  requestBody?: {
    required?: boolean
    content: Record<string, { schema: JsonSchema; example?: object }>
  }
  responses: Record<
    string,
    { description: string; content?: Record<string, { schema?: JsonSchema }> }
  >
}

export interface Document {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: Record<string, object> }
}

export async function openApiDocument(): Promise<Document> {
  return (await call('/openapi.json')).json as unknown as Document
}

/** `/communities/:community` as the document writes it. */
export const documented = (path: string) => path.replaceAll(/:([a-z]+)/gi, '{$1}')

export const bodyOf = (operation: Operation | undefined): JsonSchema | undefined =>
  operation?.requestBody?.content['application/json']?.schema

/** Each schema with the way to it. */
export function walk(schema: JsonSchema, at = '$'): [string, JsonSchema][] {
  const below = [
    ...Object.entries(schema.properties ?? {}),
    ...(schema.items ? [['[]', schema.items] as const] : []),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((one) => ['', one] as const),
  ]
  return [
    [at, schema],
    ...below.flatMap(([name, one]) => walk(one, name === '' ? at : `${at}.${name}`)),
  ]
}
