/** Refusals and repetitions of `admin:create`, while the Worker runs on the same data. */
import { type Admin, type Finished, runAdminCreate } from '../admin-command.ts'
import type { LocalState } from '../local-platform.ts'
import type { Checks } from './checks.ts'
import { OWNER_EMAIL } from './signup-form.ts'

const REMOTE_EMAIL = 'remote-admin@example.com'

/** One after the other: each looks for missing migrations first, and so holds the local file for a moment. */
export async function checkAdminCreate(
  { check }: Checks,
  state: LocalState,
  admin: Admin,
): Promise<void> {
  const { persistTo } = state
  const again = await runAdminCreate(state, admin)
  const weak = await runAdminCreate(state, { email: 'second@example.com', password: 'Short-42' })
  const owner = await runAdminCreate(state, { email: OWNER_EMAIL })
  const invite = (email: string, password?: string) =>
    runAdminCreate({ persistTo }, { email, ...(password && { password }) }, ['--remote'])
  const remote = await invite(REMOTE_EMAIL)
  const remoteAgain = await invite(REMOTE_EMAIL)
  const remoteOwner = await invite(OWNER_EMAIL)
  const withPassword = await invite(REMOTE_EMAIL, 'anything')
  const expectEnd = ({ code, output }: Finished, expected: number, words: RegExp) => {
    if (code === expected && words.test(output)) return
    throw new Error(`exit code ${code}, and it said: ${output}`)
  }
  await check('admin:create for the same address says so and succeeds', () =>
    expectEnd(again, 0, /exists already/),
  )
  await check('admin:create refuses a weak password with the reason', () =>
    expectEnd(weak, 1, /at least 15 characters/),
  )
  await check('admin:create refuses the address of a community owner', () =>
    expectEnd(owner, 1, /outside the reserved community/),
  )
  await check('admin:create --remote makes an admin who is mailed a link', () =>
    expectEnd(remote, 0, /Made the admin .* choose a password/),
  )
  await check('admin:create --remote mails nothing twice while a mail waits', () =>
    expectEnd(remoteAgain, 0, /waiting to be sent/),
  )
  await check('admin:create --remote refuses the address of a community owner', () =>
    expectEnd(remoteOwner, 1, /outside the reserved community/),
  )
  await check('admin:create --remote takes no password', () =>
    expectEnd(withPassword, 1, /no password is given/),
  )
}
