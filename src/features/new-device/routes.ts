import * as z from 'zod'
import { auditContext } from '../../audit.ts'
import { deviceOf, writeDevice } from '../../http/device.ts'
import { ok } from '../../http/envelope.ts'
import { factory } from '../../http/factory.ts'
import { linkTokenField } from '../../http/link-token.ts'
import { BODY_ERRORS, describe } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { say } from '../../messages/message.ts'
import { csrf } from '../../middleware/csrf.ts'
import { limitByIp } from '../../middleware/rate-limit.ts'
import { denyLogin } from './service.ts'

export const newDeviceRoutes = factory.createApp().post(
  '/auth/not-me',
  describe(
    HAS_DOCUMENT && {
      tag: 'Sessions',
      summary: '“This wasn’t me”',
      description:
        'With the token of the mail about a new device: ends that session, forgets that device and mails a link to choose a new password. Only this POST uses the link up. Sets the device cookie: this browser is known to the account from now on.',
      example: { token: 'from the link in the mail' },
      success: { status: 200, data: z.null() },
      errors: ['token_invalid', 'token_expired', 'token_used', ...BODY_ERRORS],
    },
  ),
  limitByIp('general'),
  csrf({ setsCookies: true }),
  validate('json', z.object({ token: linkTokenField })),
  async (c) => {
    const input = { token: c.req.valid('json').token, deviceId: deviceOf(c) }
    const deviceId = await denyLogin(c.get('deps'), input, auditContext(c))
    writeDevice(c, deviceId)
    const message = say('not_me_done')
    return c.json(ok(c, message, null), 200)
  },
)
