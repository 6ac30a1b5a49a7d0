import { describe, expect, it } from 'vitest'
import { readAnswer } from '../../client/src/result.ts'

const NOW = Date.UTC(2026, 9, 20, 12)
const refusal = { success: false, code: 'rate_limited', message: 'Later.', requestId: 'inside' }

describe('an answer of the API', () => {
  it('is its data, with what its headers say', async () => {
    const headers = { 'X-Request-Id': 'r-1', 'Idempotent-Replayed': 'true' }
    const body = { success: true, message: 'Made.', data: null }
    const result = await readAnswer(Response.json(body, { status: 201, headers }), NOW)
    expect(result).toEqual({
      ok: true,
      status: 201,
      data: null,
      message: 'Made.',
      requestId: 'r-1',
      replayed: true,
    })
  })
  it.each([
    ['17', 17],
    ['Tue, 20 Oct 2026 12:00:30 GMT', 30],
    ['Tue, 20 Oct 2026 11:00:00 GMT', 0],
    ['soon', undefined],
  ])('that says Retry-After: %s may be asked for again after %s s', async (header, seconds) => {
    const headers = { 'Retry-After': header, 'X-Request-Id': 'r-2' }
    const result = await readAnswer(Response.json(refusal, { status: 429, headers }), NOW)
    const error = { code: 'rate_limited', message: 'Later.', requestId: 'r-2' }
    expect(result).toEqual({
      ok: false,
      status: 429,
      error: { ...error, ...(seconds !== undefined && { retryAfterSeconds: seconds }) },
    })
  })
  it('that is a file is handed over unread', async () => {
    const file = new Response('a,b', { headers: { 'Content-Type': 'text/csv' } })
    const result = await readAnswer(file, NOW)
    expect(result).toMatchObject({ ok: true, data: file })
    expect(file.bodyUsed).toBe(false)
  })
})

describe('what is none', () => {
  it.each([
    ['a page', new Response('<p>', { headers: { 'Content-Type': 'text/html; charset=utf-8' } })],
    ['nothing', new Response(null, { status: 204 })],
    ['other JSON', Response.json({ status: 'ok' })],
    ['a list', Response.json([])],
    ['no object', Response.json(null)],
    ['half of one', new Response('{"suc', { headers: { 'Content-Type': 'application/json' } })],
    ['a success that says no', Response.json(refusal)],
    ['a refusal without a code', Response.json({ success: false }, { status: 400 })],
    ['a refusal of a gateway', new Response('error code: 1015', { status: 429 })],
  ])('is told as such: %s', async (_, response) => {
    const result = await readAnswer(response, NOW)
    expect(result).toMatchObject({ ok: false, error: { code: 'unexpected_answer' } })
    expect(result.status).toBe(response.status)
  })
})
