import type { Context } from 'hono'
import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import type { TokenTransport } from '../../db/schema/index.ts'
import { clientInfo } from '../../http/client-info.ts'
import { deviceOf } from '../../http/device.ts'
import { ok } from '../../http/envelope.ts'
import { type AppEnv, factory } from '../../http/factory.ts'
import { requestLocale } from '../../http/language.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { authenticate, permit } from '../../middleware/authenticate.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp, limitByIpBeside } from '../../middleware/rate-limit.ts'
import { answerSignedIn } from '../sessions/answer.ts'
import { heldSessionOf } from '../sessions/presented-token.ts'
import { sendAccountCode } from './account-code.ts'
import { continueFlow, endFlow, flowOf, writeFlow } from './flow.ts'
import { sendBody, sendData, usedData, verifyCodeBody, verifyLinkBody } from './schemas.ts'
import { type SendRequest, sendCode } from './send.ts'
import { type Used, useCode, useLink } from './use.ts'

/** What may stop a sign-in whose code or link is right, and what the guard says before it is compared. */
const SIGN_IN_ERRORS = [
  'community_not_approved',
  'community_rejected',
  'community_suspended',
  'no_membership',
  'account_disabled',
  'account_locked',
  'too_many_attempts',
  ...BODY_ERRORS,
] as const

export const oneTimeCodeRoutes = factory
  .createApp()
  .post(
    '/auth/send-otp',
    describe(
      HAS_DOCUMENT && {
        tag: 'Codes',
        summary: 'Mail me a code to log in with',
        description:
          'Answers alike for every address, and mails only one that has an account; admins log in with their password. Code and link come in one mail, work in the browser that asked (its cookie, or `flowId`), and once. A new code ends the older one of the same browser.',
        example: { email: 'mira@apexcircle.org' },
        success: { status: 202, data: sendData },
        errors: BODY_ERRORS,
      },
    ),
    limitByIp('code'),
    csrf({ setsCookies: true }),
    validate('json', sendBody),
    async (c) => {
      const data = await send(c, 'login', c.req.valid('json'))
      return c.json(ok(c, say('login_code_mailed'), data), 202)
    },
  )
  .post(
    '/auth/send-signup-otp',
    describe(
      HAS_DOCUMENT && {
        tag: 'Codes',
        summary: 'Mail me a code to sign a community up with',
        description:
          'As `send-otp`, for an address that has no account yet. `verify-otp` then gives a `signupToken` for `signup-community`.',
        example: { email: 'joy@apexcircle.org' },
        success: { status: 202, data: sendData },
        errors: BODY_ERRORS,
      },
    ),
    limitByIp('code'),
    csrf({ setsCookies: true }),
    validate('json', sendBody),
    async (c) => {
      const data = await send(c, 'signup', c.req.valid('json'))
      return c.json(ok(c, say('signup_code_mailed'), data), 202)
    },
  )
  .post(
    '/auth/verify-otp',
    describe(
      HAS_DOCUMENT && {
        tag: 'Codes',
        summary: 'Use a code',
        description:
          'For an address with an account: logs in, through every gate of a login. Without one: gives a `signupToken`. Five tries a code, ten wrong ones in fifteen minutes. Needs the cookie or the `flowId` of the browser that asked.',
        example: { email: 'mira@apexcircle.org', code: '123456' },
        success: { status: 200, data: usedData },
        errors: ['code_invalid', 'code_expired', ...SIGN_IN_ERRORS],
      },
    ),
    limitByIpBeside('login'),
    csrf({ setsCookies: true }),
    validate('json', verifyCodeBody),
    async (c) => {
      const { email, code, ...who } = c.req.valid('json')
      const input = { ...signingIn(c, who), email, code }
      return answer(c, who.tokenTransport, await useCode(c.get('deps'), c.get('admitted'), input))
    },
  )
  .post(
    '/auth/verify-magic',
    describe(
      HAS_DOCUMENT && {
        tag: 'Codes',
        summary: 'Use the link of a code',
        description:
          'As `verify-otp`, with the token of the link in the same mail. In another browser than the one that asked: `wrong_browser`, and the link lives on.',
        example: { token: 'from the link in the mail' },
        success: { status: 200, data: usedData },
        errors: [
          'token_invalid',
          'token_expired',
          'token_used',
          'wrong_browser',
          ...SIGN_IN_ERRORS,
        ],
      },
    ),
    limitByIpBeside('login'),
    csrf({ setsCookies: true }),
    validate('json', verifyLinkBody),
    async (c) => {
      const { token, ...who } = c.req.valid('json')
      const input = { ...signingIn(c, who), token }
      return answer(c, who.tokenTransport, await useLink(c.get('deps'), c.get('admitted'), input))
    },
  )
  .post(
    '/account/code',
    describe(
      HAS_DOCUMENT && {
        tag: 'Account',
        summary: 'Mail me a code',
        description:
          'Six digits that may stand for the password on every route that asks for one. A new code ends the older one of this session. At most three in fifteen minutes and five a day are mailed.',
        success: { status: 202, data: z.object({ expiresIn: z.number().int() }) },
        authenticated: true,
        errors: ['csrf_failed', 'rate_limited'],
      },
    ),
    limitByIp('general'),
    csrf(),
    authenticate(),
    permit('account.own'),
    async (c) => {
      const deps = c.get('deps')
      const isMailed = await sendAccountCode(deps, c.get('auth'), auditContext(c))
      const expiresIn = deps.config.otpTtlSeconds
      return c.json(ok(c, say(isMailed ? 'code_mailed' : 'codes_used_up'), { expiresIn }), 202)
    },
  )

async function send(
  c: Context<AppEnv>,
  purpose: SendRequest['purpose'],
  { email, deviceToken }: z.output<typeof sendBody>,
) {
  const deps = c.get('deps')
  const flowId = continueFlow(c)
  const deviceId = deviceOf(c, deviceToken)
  const request = { purpose, email, flowId, deviceId, locale: requestLocale(c) }
  await sendCode(deps, request, auditContext(c))
  writeFlow(c, flowId)
  return { flowId, expiresIn: deps.config.otpTtlSeconds }
}

interface Who {
  flowId?: string | null | undefined
  tokenTransport: TokenTransport
  deviceToken?: string | null | undefined
}

function signingIn(c: Context<AppEnv>, { flowId, tokenTransport: transport, deviceToken }: Who) {
  return {
    flowId: flowOf(c, flowId),
    deviceId: deviceOf(c, deviceToken),
    heldSessionId: transport === 'body' ? undefined : heldSessionOf(c),
    transport,
    client: clientInfo(c),
  }
}

function answer(c: Context<AppEnv>, transport: TokenTransport, used: Used) {
  endFlow(c)
  if ('proof' in used) return c.json(ok(c, say('address_proven'), used.proof), 200)
  const data = answerSignedIn(c, transport, used.opened)
  return c.json(ok(c, say('logged_in'), data), 200)
}
