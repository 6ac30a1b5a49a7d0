import { ApiError } from '../../http/errors.ts'
import { say } from '../../messages/message.ts'
import { gateOf } from '../login/gates.ts'
import { judgeLink } from '../passwords/account-link.ts'
import type { FoundInvitation } from './repository.ts'

/** An invitation that may be answered now, as far as it goes by itself. */
export function judgeInvitation(found: FoundInvitation | undefined, now: number): FoundInvitation {
  if (found && found.withdrawnAt !== null && found.usedAt === null) {
    throw new ApiError('token_invalid', {
      message: say('invitation_withdrawn'),
      reason: 'withdrawn',
    })
  }
  const invitation = judgeLink(found, now)
  const closed = gateOf(invitation.community.status)
  if (closed) throw new ApiError(closed)
  return invitation
}
