/** Fields that several bodies share, with messages that say what to do. */
import * as z from 'zod'
import { canonicalEmail, EMAIL_MAX_LENGTH } from '../lib/email-address.ts'
import { cleanLine, cleanText, codePoints } from '../lib/text.ts'

/** A password longer than this is refused before it is looked at; the policy's own limit is 128 code points. */
const PASSWORD_MAX_INPUT = 1024

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

/** An address in an answer. Not `z.email()`: its pattern refuses addresses that we take. */
export const addressView = z.string().meta({ format: 'email' })

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

/** A list of up to 50 short lines. */
export function tagsField(name: string) {
  return z
    .array(lineField(`Each entry of ${name}`, 1, 100), { error: `Send ${name} as a list.` })
    .max(50, `${name} can have at most 50 entries.`)
}

/** For the document; the policy judges them, with a code of its own. */
const PASSWORD_BOUNDS = { minLength: 8, maxLength: 128 }

/** A password to be set. Its rules answer password_rejected, beyond the type: see features/passwords/new-password.ts. */
export function newPasswordField() {
  return z.string({ error: 'Choose a password.' }).meta(PASSWORD_BOUNDS)
}

export function repeatedPasswordField() {
  return z.string({ error: 'Repeat the password as text.' }).meta(PASSWORD_BOUNDS).nullish()
}

/** A password to be compared with the one that is set. */
export function currentPasswordField() {
  return z
    .string({ error: 'Enter your password.' })
    .min(1, 'Enter your password.')
    .max(PASSWORD_MAX_INPUT, 'This password is too long.')
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
