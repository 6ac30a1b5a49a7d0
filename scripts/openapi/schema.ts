/** JSON Schema (2020-12, as OpenAPI 3.1 has it) of the schemas that the routes are served with. */
import * as z from 'zod'

export interface JsonSchema {
  type?: string | string[]
  properties?: Record<string, JsonSchema>
  required?: string[]
  items?: JsonSchema
  propertyNames?: { enum?: string[] }
  additionalProperties?: JsonSchema | boolean
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
  const { $schema: _, ...found } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => nameProperties(jsonSchema as JsonSchema),
  })
  return found as JsonSchema
}

/** A record whose names are known is an object with these properties. */
function nameProperties(schema: JsonSchema): void {
  const { propertyNames, additionalProperties: value } = schema
  if (propertyNames?.enum === undefined || typeof value !== 'object') return
  schema.properties = Object.fromEntries(propertyNames.enum.map((name) => [name, value]))
  schema.additionalProperties = false
  delete schema.propertyNames
}
