import * as z from 'zod'
import { codeField, emailField } from '../../http/fields.ts'
import { linkTokenField } from '../../http/link-token.ts'
import { withEvidence } from '../passwords/evidence.ts'
import { userViewSchema } from '../sessions/views.ts'

export const requestBody = withEvidence('password', { newEmail: emailField('enter_new_email') })

export const requestedData = z.object({ expiresIn: z.number().int() })

export const confirmBody = z.object({ code: codeField() })

export const confirmedData = z.object({ user: userViewSchema })

export const revertBody = z.object({ token: linkTokenField })
