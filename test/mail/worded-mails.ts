/** Rows that come out in a chosen wording, with everything that the database must say for it. */
import { eq } from 'drizzle-orm'
import {
  alerts,
  type MailTemplate,
  memberships,
  sessions,
  users,
} from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import type { LinkPurpose } from '../../src/mail/compose-secrets.ts'
import type { NewMail } from '../../src/mail/outbox.ts'
import { PURPOSES } from './account-mails.ts'
import {
  ALERT_TEMPLATES,
  CODE_AND_LINK,
  CODE_TEMPLATES,
  INVITATIONS,
  includes,
  LINK_TEMPLATES,
  type Template,
  WITH_REASON,
} from './mail-samples.ts'
import {
  db,
  HOUR,
  makeCommunity,
  makeSession,
  makeToken,
  queueMail,
  START,
  type TestCommunity,
} from './mail-world.ts'

/** The template whose wording this is. */
export function templateOf(wording: Template): MailTemplate {
  switch (wording) {
    case 'otp_code_to_log_in':
    case 'otp_code_to_sign_up':
      return 'otp_code'
    case 'invitation_to_account':
      return 'invitation'
    default:
      return wording
  }
}

function purposeOf(wording: Template): LinkPurpose {
  if (includes(CODE_AND_LINK, wording)) return 'magic_link'
  if (includes(INVITATIONS, wording)) return 'invitation'
  return PURPOSES[wording as keyof typeof PURPOSES] ?? 'verify_email'
}

/** The owner has proven the address. */
export async function verifyOwner({ ownerId }: TestCommunity): Promise<void> {
  await db.update(users).set({ emailVerifiedAt: START }).where(eq(users.id, ownerId))
}

export async function makeMember({ id, ownerId }: TestCommunity): Promise<void> {
  const role = 'CommunityOwner'
  await db.insert(memberships).values({ userId: ownerId, communityId: id, role, createdAt: START })
}

/** Somebody of this name, who invites. */
export async function makeSender(community: TestCommunity, fullName: string): Promise<string> {
  const id = newId(START)
  const email = `${id}@people.example`
  await db
    .insert(users)
    .values({ id, email, fullName, communityId: community.id, createdAt: START })
  return id
}

/** One that is over: any number of them may be. */
async function makeAlert(): Promise<string> {
  const id = newId(START)
  const counted = { kind: 'signups', threshold: 50, peak: 73 } as const
  await db.insert(alerts).values({ id, ...counted, startedAt: START, endedAt: START + HOUR })
  return id
}

/** Without an account nobody is known at the address. */
const TO_STRANGERS: Template[] = ['otp_code_to_sign_up', 'invitation', 'email_change_code']
const TO_ACCOUNTS: Template[] = [
  'otp_code_to_log_in',
  'invitation_to_account',
  'email_change_taken',
]

/** Queues it for people, a community and a login of this name; gives the row's id and its address. */
export async function queueWorded(
  wording: Template,
  name: string,
  changes: Partial<NewMail> = {},
): Promise<{ id: string; email: string }> {
  const community = await makeCommunity({ community: name, owner: name })
  const isStranger = includes(TO_STRANGERS, wording)
  const email = isStranger ? `new-${community.email}` : community.email
  if (includes(TO_ACCOUNTS, wording)) await verifyOwner(community)
  if (wording === 'invitation_to_account') await makeMember(community)
  const id = await queueMail(community, templateOf(wording), {
    email,
    expiresAt: START + HOUR,
    ...(isStranger && { userId: null }),
    ...(await secretOf(wording, community)),
    payload: await payloadOf(wording, community, name),
    ...changes,
  })
  return { id, email }
}

async function secretOf(wording: Template, community: TestCommunity) {
  if (!includes(LINK_TEMPLATES, wording)) return {}
  return { tokenId: (await makeToken(community, { purpose: purposeOf(wording) })).id }
}

async function payloadOf(wording: Template, community: TestCommunity, name: string) {
  const sessionId = await makeSession(community)
  const said = { city: name, country: name, userAgent: name }
  await db.update(sessions).set(said).where(eq(sessions.id, sessionId))
  return {
    sessionId,
    ...(includes(ALERT_TEMPLATES, wording) && { alertId: await makeAlert(), count: 51 }),
    ...(includes(INVITATIONS, wording) && { senderId: await makeSender(community, name) }),
    ...(includes(WITH_REASON, wording) && { reason: name }),
    ...(includes(CODE_TEMPLATES, wording) && { challengeId: newId(START), keyVersion: 1 }),
  }
}
