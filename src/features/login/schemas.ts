import * as z from 'zod'
import { currentPasswordField, emailField } from '../../http/fields.ts'
import { deviceTokenField, transportField } from '../sessions/answer.ts'

export const loginBody = z.object({
  email: emailField('enter_email'),
  password: currentPasswordField(),
  tokenTransport: transportField,
  deviceToken: deviceTokenField,
})
