/** As much of JSON Schema as the document uses; a keyword it does not know fails, so that nothing passes unread. */
/** Where a value differs from its schema, as readable lines; additional properties count as a difference. */
export function mismatchesOf(schema: object, value: unknown, at = '$'): string[] {
  return Object.entries(schema).flatMap(([keyword, wanted]) => {
    const check = KEYWORDS[keyword]
    return check ? check(wanted, value, at) : [`${at}: unknown keyword ${keyword}`]
  })
}

/** Written as a method, so that each keyword may name the type of its own argument. */
type Check = { of(wanted: unknown, value: unknown, at: string): string[] }['of']

const says = (isRight: boolean, at: string, what: string) => (isRight ? [] : [`${at}: ${what}`])
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function typeOf(value: unknown): string[] {
  if (value === null) return ['null']
  if (Array.isArray(value)) return ['array']
  return Number.isInteger(value) ? ['integer', 'number'] : [typeof value]
}

const unread: Check = () => []

const KEYWORDS: Record<string, Check> = {
  $schema: unread,
  description: unread,
  format: unread,
  default: unread,
  propertyNames: unread,
  additionalProperties: unread,
  type: (wanted: string | string[], value, at) => {
    const types = typeOf(value)
    return says(
      [wanted].flat().some((type) => types.includes(type)),
      at,
      `is no ${wanted}`,
    )
  },
  const: (wanted, value, at) => says(wanted === value, at, `is not ${wanted}`),
  enum: (wanted: unknown[], value, at) => says(wanted.includes(value), at, 'is none of the list'),
  pattern: (wanted: string, value, at) =>
    says(typeof value !== 'string' || new RegExp(wanted, 'u').test(value), at, 'has another form'),
  minimum: (wanted: number, value, at) => says(Number(value) >= wanted, at, 'is too small'),
  maximum: (wanted: number, value, at) => says(Number(value) <= wanted, at, 'is too large'),
  required: (wanted: string[], value, at) =>
    wanted.flatMap((name) => says(isObject(value) && name in value, at, `lacks ${name}`)),
  properties: (wanted: Record<string, object>, value, at) => {
    if (!isObject(value)) return []
    return Object.entries(value).flatMap(([name, one]) => {
      const schema = wanted[name]
      return schema
        ? mismatchesOf(schema, one, `${at}.${name}`)
        : [`${at}: ${name} is not promised`]
    })
  },
  items: (wanted: object, value, at) =>
    Array.isArray(value) ? value.flatMap((one, n) => mismatchesOf(wanted, one, `${at}[${n}]`)) : [],
  anyOf: (wanted: object[], value, at) =>
    says(
      wanted.some((one) => mismatchesOf(one, value).length === 0),
      at,
      'fits no alternative',
    ),
}
