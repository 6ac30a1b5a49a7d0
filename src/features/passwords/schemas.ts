import * as z from 'zod'
import {
  currentPasswordField,
  emailField,
  newPasswordField,
  repeatedPasswordField,
} from '../../http/fields.ts'
import { linkTokenField } from '../../http/link-token.ts'

export const forgotBody = z.object({ email: emailField('your email address') })

export const tokenBody = z.object({ token: linkTokenField })

export const resetCheckData = z.object({ valid: z.boolean() })

export const resetBody = z
  .object({
    token: linkTokenField,
    password: newPasswordField(),
    confirmPassword: repeatedPasswordField(),
  })
  .refine(
    ({ password, confirmPassword }) => confirmPassword == null || confirmPassword === password,
    {
      path: ['confirmPassword'],
      error: 'The two passwords differ.',
    },
  )

const ONE_OF_TWO = 'Send either your current password or a code from POST /account/code.'

/** What a signed-in person proves a second time that it is they: one of the two. */
export const evidenceFields = {
  currentPassword: currentPasswordField().optional(),
  code: z
    .string({ error: 'Send the code as text.' })
    .trim()
    .max(6, 'The code has six digits.')
    .regex(/^\d{6}$/, 'The code has six digits.')
    .optional(),
}

export const changeBody = z
  .object({ ...evidenceFields, newPassword: newPasswordField() })
  .transform(({ currentPassword, code, newPassword }, context) => {
    if (currentPassword !== undefined && code === undefined) {
      return { newPassword, evidence: { password: currentPassword } }
    }
    if (code !== undefined && currentPassword === undefined) {
      return { newPassword, evidence: { code } }
    }
    const path = [code === undefined ? 'currentPassword' : 'code']
    context.issues.push({ code: 'custom', path, message: ONE_OF_TWO, input: code })
    return z.NEVER
  })
