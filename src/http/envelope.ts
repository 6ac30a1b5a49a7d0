/** The success envelope, and the shapes of both envelopes for the OpenAPI document and for tests. */
import * as z from 'zod'
import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

/** `{ success: true, message, data }` */
export function ok<T extends object | null>(message: string, data: T) {
  return { success: true as const, message, data }
}

/** A moment in ms UTC as ISO 8601 with milliseconds. */
export function isoTime(moment: number): string {
  return new Date(moment).toISOString()
}

export const successSchema = <T extends z.ZodType>(data: T) =>
  z.object({ success: z.literal(true), message: z.string(), data })

export const errorSchema = z.object({
  success: z.literal(false),
  message: z.string(),
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  requestId: z.uuid(),
  errors: z.record(z.string(), z.string()).optional(),
})
