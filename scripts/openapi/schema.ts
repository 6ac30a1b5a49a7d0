/** JSON Schema (2020-12, as OpenAPI 3.1 has it) of the schemas that the routes are served with. */
import * as z from 'zod'

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
  default?: unknown
  description?: string
  minimum?: number
  examples?: unknown[]
}

/** What a client may send. */
export const inputSchema = (schema: z.ZodType) => toSchema(schema, 'input')

/** What it is answered with. */
export const outputSchema = (schema: z.ZodType) => toSchema(schema, 'output')

function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...found } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return found as JsonSchema
}
