/** Rows of mails about an account, with what they name. */
import { eq } from 'drizzle-orm'
import { expect } from 'vitest'
import { oneTimeTokens } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { deriveCode } from '../../src/lib/tokens.ts'
import type { AcceptedMail } from '../provider-server.ts'
import {
  db,
  HOUR,
  keys,
  MINUTE,
  makeCommunity,
  makeSession,
  makeToken,
  queueMail,
  START,
} from './mail-world.ts'

export const PURPOSES = {
  password_reset: 'reset_password',
  set_password: 'reset_password',
  refresh_reused: 'reset_password',
  account_locked: 'reset_password',
  new_device: 'not_me',
  email_change_notice: 'revert_email',
} as const

export type LinkTemplate = keyof typeof PURPOSES

export const LINK_TEMPLATES: LinkTemplate[] = [
  'password_reset',
  'set_password',
  'refresh_reused',
  'account_locked',
  'new_device',
  'email_change_notice',
]
/** They tell of a danger: they go out even where their link is of no use any more. */
export const WARNINGS = ['refresh_reused', 'account_locked'] as const
const PATHS = {
  reset_password: '/reset-password',
  not_me: '/not-me',
  revert_email: '/revert-email',
}

/** A mail with its token, and for new_device its session; a community of its own. */
export async function queueLinkMail(
  template: LinkTemplate,
  token: Parameters<typeof makeToken>[1] = {},
  changes: { locale?: 'en' | 'zh'; communityId?: null } = {},
) {
  const community = await makeCommunity()
  const purpose = PURPOSES[template]
  const made = await makeToken(community, { purpose, expiresAt: START + HOUR, ...token })
  const sessionId = await makeSession(community, { city: 'Kathmandu', country: 'NP' })
  const id = await queueMail(community, template, {
    tokenId: made.id,
    payload: { sessionId },
    ...changes,
  })
  const link = `https://app.example${PATHS[purpose]}?token=${made.secret}`
  return { id, link, community, sessionId, tokenId: made.id, tokenSecret: made.secret }
}

export async function queueCode(changes: Parameters<typeof queueMail>[2] = {}) {
  const challengeId = newId(START)
  const community = await makeCommunity()
  const id = await queueMail(community, 'otp_code', {
    payload: { challengeId, keyVersion: 1 },
    expiresAt: START + 5 * MINUTE,
    ...changes,
  })
  return { id, code: deriveCode(keys, challengeId, 1) ?? '' }
}

/** A set_password mail as a command line queues it: without a token. */
export async function queueSetPassword() {
  const community = await makeCommunity()
  return { id: await queueMail(community, 'set_password', { communityId: null }), community }
}

/** The one mail that the provider took, as it was handed over. */
export async function sent(accepted: () => Promise<AcceptedMail[]>) {
  const mails = await accepted()
  expect(mails).toHaveLength(1)
  const { subject, text, html } = mails[0]?.body ?? {}
  return { subject: String(subject), text: String(text), html: String(html) }
}

export const readToken = async (id: string) =>
  (await db.select().from(oneTimeTokens).where(eq(oneTimeTokens.id, id)))[0]
