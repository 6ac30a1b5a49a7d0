/** The success envelope, and the shapes of both envelopes for the OpenAPI document and for tests. */
import type { Context } from 'hono'
import * as z from 'zod'
import { render, type Said } from '../messages/message.ts'
import { ERROR_CODES, type ErrorCode } from './error-codes.ts'
import type { AppEnv } from './factory.ts'
import { writeLocale } from './language.ts'

/** `{ success: true, message, data }`, in the language of whoever asked. */
export function ok<T extends object | null>(c: Context<AppEnv>, message: Said, data: T) {
  return { success: true as const, message: render(message, writeLocale(c)), data }
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
