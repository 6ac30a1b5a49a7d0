/**
 * An example of what a schema describes, made of the schema: its own example first, then what it fixes (a constant, a
 * list, a format), then what a field of that name usually holds. Pure, and the same each time.
 */
import { SAMPLES } from './sample-values.ts'
import type { JsonSchema } from './schema.ts'

const FORMATS: Readonly<Record<string, string>> = {
  uuid: '01990000-0000-7000-8000-000000000000',
  'date-time': '2026-01-31T09:30:00.000Z',
  email: 'mira@apexcircle.org',
  uri: 'https://apexcircle.org/',
}

/** `name`: of the field that holds it. A text that nothing is known of is named after its field: a test tells. */
export function sampleOf(schema: JsonSchema, name = ''): unknown {
  const [own] = schema.examples ?? []
  if (own !== undefined) return own
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  const options = schema.anyOf ?? schema.oneOf
  if (options) return sampleOf(options.find(({ type }) => type !== 'null') ?? {}, name)
  return sampleOfType(schema, name)
}

function sampleOfType(schema: JsonSchema, name: string): unknown {
  const [type] = [schema.type].flat().filter((one) => one !== 'null')
  const known = SAMPLES[name]
  switch (type) {
    case 'object':
      return sampleOfObject(schema)
    case 'array':
      return [sampleOf(schema.items ?? {}, name)]
    case 'integer':
    case 'number':
      return known ?? schema.default ?? schema.minimum ?? 1
    case 'boolean':
      return known ?? schema.default ?? true
    case 'string':
      return FORMATS[schema.format ?? ''] ?? known ?? name
    default:
      return known ?? null
  }
}

function sampleOfObject({ properties = {} }: JsonSchema): object {
  const entries = Object.entries(properties)
  return Object.fromEntries(entries.map(([name, one]) => [name, sampleOf(one, name)]))
}
