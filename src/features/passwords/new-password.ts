/**
 * The one door for a password that is set over HTTP: signup, reset, change, invitation. What the policy refuses is never
 * looked up, so that only a password about to be stored costs a request to the breach list. A refusal names the rule and
 * the field, never the password.
 */
import type { Role } from '../../db/schema/index.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import {
  checkPassword,
  PASSPHRASE_CODE_POINTS,
  type PasswordReason,
} from '../../lib/password-policy.ts'
import { type Said, say } from '../../messages/message.ts'

const BREACHED = say('password_breached')

export interface NewPasswordCircumstances {
  /** Address, names, community; the app's own name is added here. */
  context: readonly string[]
  /** Of the membership that the account has or gets; admins need 15 characters. */
  role?: Role
  /** Of the body, as the client sent it. */
  field: 'password' | 'newPassword'
}

/** Throws password_rejected unless the password may be set. Without an answer of the breach list it may. */
export async function refuseWeakPassword(
  deps: Pick<Deps, 'config' | 'breaches'>,
  password: string,
  { context, role, field }: NewPasswordCircumstances,
): Promise<void> {
  const judged = checkPassword(password, {
    context: [...context, deps.config.appName],
    ...(role === 'Admin' && { minLength: PASSPHRASE_CODE_POINTS }),
  })
  if (!judged.ok) throw rejection(field, sayWhy(judged))
  if (await deps.breaches.isBreached(password)) throw rejection(field, BREACHED)
}

function rejection(field: string, message: Said): ApiError {
  return new ApiError('password_rejected', { errors: { [field]: message } })
}

/** What the person who chose it is told; never the password. */
export function sayWhy({ reason, bound }: { reason: PasswordReason; bound: number }): Said {
  switch (reason) {
    case 'password_too_short':
    case 'password_too_long':
    case 'password_few_kinds':
    case 'password_repetitive':
      return say(reason, bound)
    default:
      return say(reason)
  }
}
