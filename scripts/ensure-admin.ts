/** What `npm run admin:create` and the first `npm run dev` do to make an admin, and what they say of it. */
import initializeArgon2 from '@phi-ag/argon2/node'
import { parseConfig } from '../src/config.ts'
import { createDatabase } from '../src/db/client.ts'
import { sayWhy } from '../src/features/passwords/new-password.ts'
import { systemClock } from '../src/lib/clock.ts'
import { checkPassword, PASSPHRASE_CODE_POINTS } from '../src/lib/password-policy.ts'
import { createPasswords } from '../src/lib/passwords.ts'
import { render } from '../src/messages/message.ts'
import { type AddressOwner, createAdmin, findAddressOwner, inviteAdmin } from './create-admin.ts'
import { type LocalState, Refusal, withLocalEnv } from './local-platform.ts'
import { randomPassword } from './random-password.ts'

export { Refusal } from './local-platform.ts'

const SOMEONES =
  'has an account outside the reserved community, or had one until a few days ago. An admin needs an address of its own.'

export interface AdminWish {
  /** In canonical form. */
  email: string
  /** A random one is made and shown where it is left out. */
  password?: string | undefined
}

/**
 * Makes the admin and says so, or says that it exists and changes nothing. Throws Refusal for a weak password and for
 * an address that has an account outside the reserved community.
 */
export async function ensureAdmin(state: LocalState, wish: AdminWish): Promise<void> {
  await withLocalEnv(state, async (env) => {
    const config = parseConfig(env)
    const db = createDatabase(env.DB, { roundTrips: 0 })
    const now = systemClock()
    if (isDone(wish.email, await findAddressOwner(db, wish.email, now))) return
    const password = wish.password ?? randomPassword()
    refuseWeak(password, [wish.email, config.appName, 'Platform'])
    const argon2 = await initializeArgon2()
    const passwords = createPasswords({
      argon2: () => Promise.resolve(argon2),
      peppers: config.passwordPeppers,
    })
    const isMade = await createAdmin({ db, passwords, now }, { email: wish.email, password })
    // Another run was faster: as if this one had come a moment later.
    if (!isMade && isDone(wish.email, await findAddressOwner(db, wish.email, now))) return
    console.log(`Made the admin ${wish.email}.`)
    if (wish.password !== undefined) return
    console.log(`Its password: ${password}\nIt is shown this once and kept nowhere.`)
  })
}

/**
 * Makes an admin without a password in this database and queues the mail to choose one, or says what is there already.
 * Throws Refusal for an address that has an account outside the reserved community.
 */
export async function inviteByMail(binding: D1Database, email: string): Promise<void> {
  const db = createDatabase(binding, { roundTrips: 0 })
  const invited = await inviteAdmin({ db, now: systemClock() }, email)
  if (invited === 'someone') throw new Refusal(`${email} ${SOMEONES}`)
  console.log(
    {
      made: `Made the admin ${email}. A mail with a link to choose a password is queued; the Worker sends it in two to three minutes.`,
      mailed_again: `The admin ${email} exists and has no password yet: the link is mailed again, in two to three minutes.`,
      mail_waiting: `The admin ${email} exists and has no password yet. The mail with the link is waiting to be sent already; nothing was changed.`,
      admin: `The admin ${email} exists already and has a password. Nothing was changed and nothing is mailed.`,
    }[invited],
  )
}

/** True where the address is an admin's, so that nothing is left to do. Refuses an address that is someone else's. */
function isDone(email: string, owner: AddressOwner): boolean {
  switch (owner) {
    case 'nobody':
      return false
    case 'admin':
      console.log(`The admin ${email} exists already. Nothing was changed, its password neither.`)
      return true
    case 'admin_without_password':
      console.log(
        `The admin ${email} exists already, with no password yet. Nothing was changed: a link to choose one comes by --remote or "forgot password".`,
      )
      return true
    case 'someone':
      throw new Refusal(`${email} ${SOMEONES}`)
    default:
      return owner satisfies never
  }
}

function refuseWeak(password: string, context: readonly string[]): void {
  const judged = checkPassword(password, { context, minLength: PASSPHRASE_CODE_POINTS })
  if (!judged.ok) throw new Refusal(render(sayWhy(judged), 'en'))
}
