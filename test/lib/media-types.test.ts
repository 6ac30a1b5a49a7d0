import { describe, expect, it } from 'vitest'
import { preferredType } from '../../src/lib/media-types.ts'

const JSON_TYPE = 'application/json'
const CSV = 'text/csv'
const NDJSON = 'application/x-ndjson'
const OFFERED = [JSON_TYPE, CSV, NDJSON] as const

describe('the form that a client wants most', () => {
  it.each([
    [undefined, JSON_TYPE],
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['text/csv', CSV],
    ['TEXT/CSV', CSV],
    ['text/csv; charset=utf-8', CSV],
    ['text/csv;header=present;q=0.5', CSV],
    ['text/*', CSV],
    ['application/*', JSON_TYPE],
    ['application/x-ndjson', NDJSON],
    // What browsers and common clients send.
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', JSON_TYPE],
    ['application/json, text/plain, */*', JSON_TYPE],
    // Weights decide, wherever they stand.
    ['text/csv;q=0.1, */*', JSON_TYPE],
    ['text/csv;q=0.1, application/json;q=0.2', JSON_TYPE],
    ['application/json;q=0.2, text/csv;q=0.3', CSV],
    ['application/json;q=0, */*', CSV],
    ['application/json;q=0, text/csv;q=0, */*;q=0.1', NDJSON],
    ['text/csv;q=1.000', CSV],
    // The closest range gives the weight of a form.
    ['text/*;q=0.9, text/csv;q=0.1, application/json;q=0.5', JSON_TYPE],
    // Of equal weights, the closer one, then the first that is offered.
    ['*/*, text/csv', CSV],
    ['text/csv, application/json', JSON_TYPE],
    ['application/x-ndjson, text/csv', CSV],
    // What none of them is, and what nobody can read.
    ['image/png', JSON_TYPE],
    ['text/csv;q=0', JSON_TYPE],
    ['*/csv', JSON_TYPE],
    ['text/csv;q=2', JSON_TYPE],
    ['text/csv;q=', JSON_TYPE],
    ['text/csv;q=-1', JSON_TYPE],
    ['csv', JSON_TYPE],
    [',;,=', JSON_TYPE],
    ['text/csv text/csv', JSON_TYPE],
  ])('of "%s" is %s', (accept, wanted) => {
    expect(preferredType(accept, OFFERED)).toBe(wanted)
  })

  it('is found as quickly in a text that is made to take long', () => {
    for (const piece of ['a/', ';q', 'text/csv;', '*', ' /', 'a/b;;;;']) {
      expect(preferredType(piece.repeat(20_000), OFFERED)).toBeDefined()
    }
  })
})
