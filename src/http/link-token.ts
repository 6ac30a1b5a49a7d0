import * as z from 'zod'
import { say } from '../messages/message.ts'

/** The token at the end of a mailed link, as one text. */
export const linkTokenField = z
  .string({ error: say('link_token_missing') })
  .trim()
  .min(1, say('link_token_missing'))
  .max(512, say('link_token_unusable'))
