import { expect } from 'vitest'
import { errorSchema } from '../../src/http/envelope.ts'
import { ERROR_CODES, type ErrorCode } from '../../src/http/error-codes.ts'
import { isUuid } from '../../src/lib/ids.ts'
import type { Answer } from '../support/call.ts'

/** The headers that every answer of the worker carries, whatever its status. */
export function expectSafeHeaders(answer: Answer): void {
  const { headers } = answer
  const told = `${answer.status} ${answer.text.slice(0, 200)}`
  expect(headers.get('Strict-Transport-Security'), told).toBe('max-age=31536000; includeSubDomains')
  expect(headers.get('X-Content-Type-Options'), told).toBe('nosniff')
  expect(headers.get('Referrer-Policy'), told).toBe('no-referrer')
  const policy = headers.get('Content-Security-Policy') ?? ''
  expect(policy, told).toContain("default-src 'none'")
  expect(policy, told).toContain("frame-ancestors 'none'")
  expect(policy, told).toContain("base-uri 'none'")
  expect(isUuid(headers.get('X-Request-Id') ?? ''), told).toBe(true)
}

/** An error in the envelope, with nothing in it that is not meant for the client. */
export function expectEnvelope(answer: Answer, code: ErrorCode): void {
  const parsed = errorSchema.strict().safeParse(answer.json)
  expect({ body: answer.text, problem: parsed.error?.message }).toEqual({ body: answer.text })
  expect({ code: answer.json.code, status: answer.status }).toEqual({
    code,
    status: ERROR_CODES[code].status,
  })
  expect(answer.headers.get('Content-Type')).toBe('application/json')
  expect(answer.headers.get('X-Request-Id')).toBe(answer.json.requestId)
  expect(answer.headers.get('Cache-Control')).toBe('no-store')
  expect(answer.text).not.toMatch(/stack|\bat \/|\.ts:|sqlite|D1_|select |insert /i)
  expectSafeHeaders(answer)
}
