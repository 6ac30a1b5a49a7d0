/** Fields that several bodies share, with messages that say what to do. */
import * as z from 'zod'
import { canonicalEmail, EMAIL_MAX_LENGTH } from '../lib/email-address.ts'
import { cleanLine, cleanText, codePoints } from '../lib/text.ts'
import { parseWebsite } from '../lib/website.ts'
import type { FieldName } from '../messages/en.ts'
import { say } from '../messages/message.ts'

/** A password longer than this is refused before it is looked at; the policy's own limit is 128 code points. */
const PASSWORD_MAX_INPUT = 1024

/** One address in canonical form; `missing` says which one is asked for. */
export function emailField(
  missing: 'enter_email' | 'enter_official_email' | 'enter_invitee_email' | 'enter_new_email',
) {
  return z
    .string({ error: say(missing) })
    .max(EMAIL_MAX_LENGTH * 2, say(missing))
    .transform((text, context) => {
      const email = canonicalEmail(text)
      if (email !== undefined) return email
      context.addIssue(say(text.trim() === '' ? missing : 'email_unusable'))
      return z.NEVER
    })
}

/** An address in an answer. Not `z.email()`: its pattern refuses addresses that we take. */
export const addressView = z.string().meta({ format: 'email' })

/** An id has 36 characters, a slug its base and a number. */
const COMMUNITY_MAX_LENGTH = 80

/** Of a path. A text that names no community is none of them, and one that is too long names none. */
export const communityField = z
  .string()
  .meta({ maxLength: COMMUNITY_MAX_LENGTH })
  .describe('Id or slug of the community.')
  .transform((text) => (text.length > COMMUNITY_MAX_LENGTH ? '' : text))

/** Of a path that names a community. */
export const communityParam = z.object({ community: communityField })

interface Bounds {
  min: number
  max: number
}

/** One line of text of `min`..`max` characters, trimmed and normalised. */
export function lineField(name: FieldName, min: number, max: number) {
  return z
    .string({ error: say('required', name) })
    .meta(documented({ min, max }))
    .transform(reader(name, cleanLine, { min, max }))
}

/** The same with line breaks. */
export function textField(name: FieldName, min: number, max: number) {
  return z
    .string({ error: say('required', name) })
    .meta(documented({ min, max }))
    .transform(reader(name, cleanText, { min, max }))
}

/** A line that may be empty, missing or null; the last two give undefined. */
export function optionalLine(name: FieldName, max: number) {
  return optional(name, cleanLine, max)
}

export function optionalText(name: FieldName, max: number) {
  return optional(name, cleanText, max)
}

function optional(name: FieldName, clean: (text: string) => string | undefined, max: number) {
  const read = reader(name, clean, { min: 0, max })
  return z
    .string({ error: say('not_text', name) })
    .meta(documented({ min: 0, max }))
    .nullish()
    .transform((text, context) => (typeof text === 'string' ? read(text, context) : undefined))
}

/** A website; null where the text is empty. A bare domain is taken as https. */
export function websiteField() {
  return z
    .string({ error: say('website_not_text') })
    .max(2048, say('website_too_long'))
    .nullable()
    .transform((text, context) => {
      if (!text?.trim()) return null
      const parsed = parseWebsite(text.trim())
      if (parsed) return parsed
      context.addIssue(say('website_unusable'))
      return z.NEVER
    })
}

/** A list of up to 50 short lines. */
export function tagsField(entry: FieldName, list: FieldName) {
  return z
    .array(lineField(entry, 1, 100), { error: say('not_list', list) })
    .max(50, say('list_too_long', list, 50))
}

/** For the document; the policy judges them, with a code of its own. */
const PASSWORD_BOUNDS = { minLength: 8, maxLength: 128 }

/** A password to be set. Its rules answer password_rejected, beyond the type: see features/passwords/new-password.ts. */
export function newPasswordField() {
  return z.string({ error: say('choose_password') }).meta(PASSWORD_BOUNDS)
}

export function repeatedPasswordField() {
  return z
    .string({ error: say('repeat_password') })
    .meta(PASSWORD_BOUNDS)
    .nullish()
}

/** Six digits that were mailed. */
export function codeField() {
  return z
    .string({ error: say('code_not_text') })
    .trim()
    .max(6, say('code_digits'))
    .regex(/^\d{6}$/, say('code_digits'))
}

/** A password to be compared with the one that is set. */
export function currentPasswordField() {
  return z
    .string({ error: say('enter_password') })
    .min(1, say('enter_password'))
    .max(PASSWORD_MAX_INPUT, say('password_input_too_long'))
}

/** The bounds for the OpenAPI document, which counts code points too (JSON Schema 2020-12 §6.3). */
function documented({ min, max }: Bounds) {
  return { ...(min > 0 && { minLength: min }), maxLength: max }
}

/** Cleans a text and judges its length in code points. A giant is refused before it costs anything. */
function reader(
  name: FieldName,
  clean: (text: string) => string | undefined,
  { min, max }: Bounds,
) {
  return (given: string, context: { addIssue(message: string): void }): string => {
    const isGiant = given.length > max * 8
    const text = isGiant ? undefined : clean(given)
    const length = text === undefined ? 0 : codePoints(text)
    if (isGiant || length > max) context.addIssue(say('too_long', name, max))
    else if (text === undefined) context.addIssue(say('odd_characters', name))
    else if (length === 0 && min > 0) context.addIssue(say('required', name))
    else if (length < min) context.addIssue(say('too_short', name, min))
    else return text
    return z.NEVER
  }
}
