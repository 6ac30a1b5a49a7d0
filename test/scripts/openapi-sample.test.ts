import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { operationIdOf } from '../../scripts/openapi/operation.ts'
import { sampleOf } from '../../scripts/openapi/sample.ts'
import { type JsonSchema, outputSchema } from '../../scripts/openapi/schema.ts'

const ID = '01990000-0000-7000-8000-000000000000'

const field = (name: string): JsonSchema => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
})

describe('an example made of a schema', () => {
  it.each<[string, JsonSchema, unknown]>([
    ['its own example', { type: 'string', examples: ['mine'] }, 'mine'],
    ['a constant', { const: false }, false],
    ['the first of a list', { type: 'string', enum: ['a', 'b'] }, 'a'],
    ['a value rather than null', { anyOf: [{ type: 'null' }, { type: 'boolean' }] }, true],
    ['null where it can be nothing else', { type: 'null' }, null],
    ['a format', { type: 'string', format: 'email' }, 'mira@apexcircle.org'],
    ['a default', { type: 'integer', default: 20, minimum: 1 }, 20],
    ['the smallest number', { type: ['integer', 'null'], minimum: 5 }, 5],
    ['a format rather than a name', { type: 'string', format: 'uuid' }, ID],
    ['one entry of a list', { type: 'array', items: { const: 'x' } }, ['x']],
    ['what such a field holds', field('slug'), { slug: 'apex-circle' }],
    ['the name of a field that nothing is known of', field('hue'), { hue: 'hue' }],
  ])('is %s', (_, schema, wanted) => {
    expect(sampleOf(schema)).toEqual(wanted)
  })
})

describe('a schema', () => {
  it('of a record whose names are known is that of an object', () => {
    const services = z.record(z.enum(['queue', 'mail']), z.enum(['up', 'down']))
    const value = { type: 'string', enum: ['up', 'down'] }
    expect(outputSchema(services)).toEqual({
      type: 'object',
      properties: { queue: value, mail: value },
      required: ['queue', 'mail'],
      additionalProperties: false,
    })
    expect(outputSchema(z.record(z.string(), z.number()))).toMatchObject({
      additionalProperties: { type: 'number' },
    })
  })
})

describe('the name of an operation', () => {
  it.each([
    ['GET', '/api/v1/sessions', 'getSessions'],
    ['DELETE', '/api/v1/sessions/:id', 'deleteSessionsById'],
    ['POST', '/api/v1/auth/switch-community', 'postAuthSwitchCommunity'],
    ['GET', '/.well-known/jwks.json', 'getWellKnownJwksJson'],
  ])('of %s %s is %s', (method, path, name) => {
    expect(operationIdOf(method, path)).toBe(name)
  })
})
