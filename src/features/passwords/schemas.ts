import * as z from 'zod'
import { emailField, newPasswordField, repeatedPasswordField } from '../../http/fields.ts'
import { linkTokenField } from '../../http/link-token.ts'
import { say } from '../../messages/message.ts'
import { withEvidence } from './evidence.ts'

export const forgotBody = z.object({ email: emailField('enter_email') })

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
      error: say('passwords_differ'),
    },
  )

export const changeBody = withEvidence('currentPassword', { newPassword: newPasswordField() })
