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

export interface ResponseContent {
  schema?: JsonSchema
  example?: unknown
  examples?: Record<string, { value: Record<string, unknown> }>
}

export interface Operation {
  summary?: string
  tags?: string[]
  operationId: string
  security: object[]
  parameters?: { in: string; name: string; schema: JsonSchema; required?: boolean }[]
  requestBody?: {
    required?: boolean
    content: Record<string, { schema: JsonSchema; example?: object }>
  }
  responses: Record<string, { description: string; content?: Record<string, ResponseContent> }>
}

export interface Document {
  openapi: string
  info: { title: string; version: string }
  tags: { name: string; description?: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { securitySchemes: Record<string, object> }
}

export async function openApiDocument(): Promise<Document> {
  const { json } = await call('/openapi.json')
  return resolved(json, json) as Document
}

/** The same with what each `$ref` means in its place. */
function resolved(value: unknown, root: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, root))
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value) return resolved(at(String(value.$ref), root), root)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, root)]))
}

function at(reference: string, root: unknown): unknown {
  const names = reference.replace('#/', '').split('/')
  return names.reduce((value, name) => (value as Record<string, unknown>)[name], root)
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
