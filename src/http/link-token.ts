import * as z from 'zod'

/** The token at the end of a mailed link, as one text. */
export const linkTokenField = z
  .string({ error: 'Send the token of the link.' })
  .trim()
  .min(1, 'Send the token of the link.')
  .max(512, 'This is not the token of a link.')
