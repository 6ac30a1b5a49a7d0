/** Fields that several bodies share, with messages that say what to do. */
import * as z from 'zod'
import { canonicalEmail, EMAIL_MAX_LENGTH } from '../lib/email-address.ts'
import { cleanLine, cleanText, codePoints } from '../lib/text.ts'

/** A password longer than this is refused before it is looked at; the policy's own limit is 128 code points. */
export const PASSWORD_MAX_INPUT = 1024

/** One address in canonical form; `what` continues "Enter …". */
export function emailField(what: string) {
  return z
    .string({ error: `Enter ${what}.` })
    .max(EMAIL_MAX_LENGTH * 2, `Enter ${what}.`)
    .transform((text, context) => {
      const email = canonicalEmail(text)
      if (email !== undefined) return email
      context.addIssue(
        text.trim() === ''
          ? `Enter ${what}.`
          : `This is not an email address that we can write to.`,
      )
      return z.NEVER
    })
}

interface Bounds {
  min: number
  max: number
}

/** One line of text of `min`..`max` characters, trimmed and normalised; `name` starts its messages. */
export function lineField(name: string, min: number, max: number) {
  return z
    .string({ error: `${name} is required.` })
    .meta(documented({ min, max }))
    .transform(reader(name, cleanLine, { min, max }))
}

/** The same with line breaks. */
export function textField(name: string, min: number, max: number) {
  return z
    .string({ error: `${name} is required.` })
    .meta(documented({ min, max }))
    .transform(reader(name, cleanText, { min, max }))
}

/** A line that may be empty, missing or null; the last two give undefined. */
export function optionalLine(name: string, max: number) {
  return optional(name, cleanLine, max)
}

export function optionalText(name: string, max: number) {
  return optional(name, cleanText, max)
}

function optional(name: string, clean: (text: string) => string | undefined, max: number) {
  const read = reader(name, clean, { min: 0, max })
  return z
    .string({ error: `${name} must be text.` })
    .meta(documented({ min: 0, max }))
    .nullish()
    .transform((text, context) => (typeof text === 'string' ? read(text, context) : undefined))
}

/** The bounds for the OpenAPI document, which counts code points too (JSON Schema 2020-12 §6.3). */
function documented({ min, max }: Bounds) {
  return { ...(min > 0 && { minLength: min }), maxLength: max }
}

/** Cleans a text and judges its length in code points. A giant is refused before it costs anything. */
function reader(name: string, clean: (text: string) => string | undefined, { min, max }: Bounds) {
  return (given: string, context: { addIssue(message: string): void }): string => {
    const isGiant = given.length > max * 8
    const text = isGiant ? undefined : clean(given)
    const length = text === undefined ? 0 : codePoints(text)
    if (isGiant || length > max) context.addIssue(`${name} can have at most ${max} characters.`)
    else if (text === undefined)
      context.addIssue(`${name} contains characters that cannot be used.`)
    else if (length === 0 && min > 0) context.addIssue(`${name} is required.`)
    else if (length < min) context.addIssue(`${name} needs at least ${min} characters.`)
    else return text
    return z.NEVER
  }
}
