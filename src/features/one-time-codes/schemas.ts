import * as z from 'zod'
import { codeField, emailField } from '../../http/fields.ts'
import { linkTokenField } from '../../http/link-token.ts'
import { say } from '../../messages/message.ts'
import { deviceTokenField, signedInData, transportField } from '../sessions/answer.ts'

export const sendBody = z.object({
  email: emailField('enter_email'),
  deviceToken: deviceTokenField,
})

export const sendData = z.object({ flowId: z.string(), expiresIn: z.number().int() })

/** For clients without cookies; a browser has it in its cookie. */
const flowField = z
  .string({ error: say('flow_not_text') })
  .max(200, say('flow_not_text'))
  .nullish()
  .describe('As `send-otp` answered; browsers have it in a cookie.')

const whoUses = { flowId: flowField, tokenTransport: transportField, deviceToken: deviceTokenField }

export const verifyCodeBody = z.object({
  email: emailField('enter_email'),
  code: codeField(),
  ...whoUses,
})

export const verifyLinkBody = z.object({ token: linkTokenField, ...whoUses })

export const usedData = z.union([
  signedInData,
  z.object({ signupToken: z.string(), expiresIn: z.number().int() }),
])
