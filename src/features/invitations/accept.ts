/**
 * A new person's side. Whoever POSTs the token has the mailbox: without an account they get one, and are signed in, in one
 * batch; with one they log in and confirm. Neither the community nor the role is taken from the request. A lock of an
 * address without an account stops nobody: strangers put it there, no reset could lift it, and whoever POSTs a token of
 * the mailbox makes this device known, which no stranger's failures touch.
 */
import { eq, sql } from 'drizzle-orm'
import { type AuditContext, auditRow } from '../../audit.ts'
import { assertOneChange } from '../../db/conditions.ts'
import { memberships, users } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { newId } from '../../lib/ids.ts'
import type { Locale } from '../../lib/locale.ts'
import { nameOfAddress } from '../../lib/name-of-address.ts'
import { hashSecret } from '../../lib/tokens.ts'
import { say } from '../../messages/message.ts'
import { isHeldAddress } from '../account/addresses.ts'
import { refuseWeakPassword } from '../passwords/new-password.ts'
import { refusedByGuard } from '../passwords/prove-identity.ts'
import { type OpenedSession, openJudged, type SigningIn } from '../sessions/opening.ts'
import { judgeInvitation } from './judging.ts'
import {
  claimInvitation,
  type FoundInvitation,
  findInvitation,
  isStranded,
  roleOf,
} from './repository.ts'

export interface AcceptInput extends Omit<SigningIn, 'now'> {
  token: string
  fullName: string | undefined
  password: string | undefined
  /** Genuine device id of this browser, or undefined. */
  deviceId: string | undefined
  locale: Locale
}

/**
 * Makes the account and signs in. An account that is a member of nothing any more, which nobody can log in to, is taken
 * as it is: name and password of the request are dropped. Throws token_invalid, token_expired, token_used, the gate of
 * the community, account_exists or password_rejected; none of them uses the invitation up.
 */
export async function acceptInvitation(deps: Deps, input: AcceptInput): Promise<OpenedSession> {
  const now = deps.clock()
  const tokenHash = hashSecret(input.token)
  const invitation = judgeInvitation(await findInvitation(deps.db, deps.keys, tokenHash, now), now)
  refuseAccount(invitation)
  const joining = await toJoining(deps, input, invitation, now)
  const place = joining.account ? undefined : await takePlace(deps, input, invitation.email, now)
  const opened = await openMember(deps, input, { invitation, ...joining, place, now }).catch(
    async (error: unknown) => {
      await place?.free()
      throw error
    },
  )
  if (opened) return opened
  await place?.free()
  // Somebody was faster, or the community closed: what it is now says why.
  refuseAccount(judgeInvitation(await findInvitation(deps.db, deps.keys, tokenHash, now), now))
  throw new ApiError('unavailable', { retryAfterSeconds: 1, reason: 'invitation_race' })
}

interface Joining {
  person: { userId: string; email: string; fullName: string; locale: Locale }
  /** What a new account has beyond that; undefined for one that exists. */
  account: { passwordHash: string | null } | undefined
}

async function toJoining(
  deps: Deps,
  { fullName: given, password, locale }: AcceptInput,
  { email, community, stranded }: FoundInvitation,
  now: number,
): Promise<Joining> {
  if (stranded !== null) {
    const { id, ...known } = JSON.parse(stranded) as {
      id: string
      fullName: string
      locale: Locale
    }
    return { person: { userId: id, email, ...known }, account: undefined }
  }
  const fullName = given ?? nameOfAddress(email)
  if (password !== undefined) {
    const context = [email, fullName, community.name]
    await refuseWeakPassword(deps, password, { context, field: 'password' })
  }
  const passwordHash = password === undefined ? null : await deps.passwords.hash(password)
  return { person: { userId: newId(now), email, fullName, locale }, account: { passwordHash } }
}

/** The guard of an account that exists is asked as by every way in: block and lock stop strangers, not a device it knows. */
async function takePlace(
  deps: Deps,
  { deviceId, client }: AcceptInput,
  email: string,
  now: number,
) {
  const verdict = await deps.guard.begin(email, deviceId)
  if (verdict.kind !== 'granted') throw refusedByGuard(deps, verdict, { email, client, now })
  const settle = (outcome: 'success' | 'neutral', device?: string) =>
    deps.guard.settle(email, verdict.ticket, outcome, device)
  return {
    book: (device: string) => settle('success', device),
    /** Nothing came of it, which is nobody's failure. */
    free: () => settle('neutral').catch(() => undefined),
  }
}

interface Opening extends Joining {
  invitation: FoundInvitation
  place: Awaited<ReturnType<typeof takePlace>> | undefined
  now: number
}

function openMember(
  deps: Deps,
  input: AcceptInput,
  { invitation, person, account, place, now }: Opening,
) {
  const { db, requestId } = deps
  const { community } = invitation
  const { userId } = person
  const role = roleOf(invitation.payload)
  const device = { id: input.deviceId ?? newId(now), isKnown: true }
  const audit: AuditContext = { now, requestId, client: input.client }
  const who = { actorId: userId, userId, communityId: community.id }
  const isFree = sql`not ${isHeldAddress(sql`one_time_tokens.email`, now)} and not exists (select 1 from users u
    where u.email = one_time_tokens.email and u.email_verified_at is not null)`
  const isStill = sql`exists (select 1 from users u where u.id = ${userId} and ${isStranded()})`
  return openJudged(deps, {
    ...input,
    now,
    account: person,
    role,
    community,
    device,
    ...(place && { book: () => place.book(device.id) }),
    method: 'invitation',
    condition: sql`true`,
    before: [
      claimInvitation(db, {
        id: invitation.id,
        requestId,
        userId,
        now,
        condition: account ? isFree : isStill,
      }),
      ...assertOneChange(db),
      ...(account
        ? [
            insertAccount(db, { person, ...account, communityId: community.id, now }),
            auditRow(db, 'user_created', audit, who),
            auditRow(db, 'email_verified', audit, who),
          ]
        : [db.update(users).set({ communityId: community.id }).where(eq(users.id, userId))]),
      db.insert(memberships).values({ userId, communityId: community.id, role, createdAt: now }),
      auditRow(db, 'invitation_accepted', audit, {
        ...who,
        details: { invitationId: invitation.id, role },
      }),
    ],
  })
}

function insertAccount(
  db: Deps['db'],
  {
    person,
    passwordHash,
    communityId,
    now,
  }: Pick<Joining, 'person'> & { passwordHash: string | null; communityId: string; now: number },
) {
  const { userId: id, ...row } = person
  return db.insert(users).values({
    id,
    ...row,
    passwordHash,
    communityId,
    emailVerifiedAt: now,
    acceptedTermsAt: now,
    createdAt: now,
  })
}

function refuseAccount({ hasAccount, isHeld, stranded }: FoundInvitation): void {
  if (isHeld) throw new ApiError('account_exists', { message: say('invitation_of_admin') })
  if (hasAccount && stranded === null) {
    throw new ApiError('account_exists', { message: say('log_in_and_confirm') })
  }
}
