/** What every way in answers with: who signed in, and the session's tokens in the transport asked for. */
import type { Context } from 'hono'
import * as z from 'zod'
import { TOKEN_TRANSPORTS, type TokenTransport } from '../../db/schema/index.ts'
import type { AppEnv } from '../../http/factory.ts'
import { say } from '../../messages/message.ts'
import type { OpenedSession } from './opening.ts'
import { deliverDevice, deliverTokens, tokenFields } from './tokens.ts'
import {
  communityViewSchema,
  sessionViewSchema,
  toCommunityView,
  toSessionView,
  toUserView,
  userViewSchema,
} from './views.ts'

/** Of a body that signs in. */
export const transportField = z
  .enum(TOKEN_TRANSPORTS, { error: say('token_transport') })
  .default('hybrid')

/** What a client without cookies was given by an earlier sign-in. */
export const deviceTokenField = z
  .string({ error: say('device_token_not_text') })
  .max(200, say('device_token_unusable'))
  .nullish()

export const signedInData = z.object({
  user: userViewSchema,
  community: communityViewSchema,
  session: sessionViewSchema,
  ...tokenFields,
  deviceToken: z.string().optional(),
})

/** Sets the cookies, and the language to the account's own, as its holder has proven to be one. */
export function answerSignedIn(
  c: Context<AppEnv>,
  transport: TokenTransport,
  opened: OpenedSession,
): z.infer<typeof signedInData> {
  c.set('locale', opened.user.locale)
  return {
    user: toUserView(opened.user, opened.role),
    community: toCommunityView(opened.community),
    session: toSessionView(opened.session),
    ...deliverTokens(c, transport, opened.tokens, opened.refreshSeconds),
    ...deliverDevice(c, transport, opened.tokens),
  }
}
