/** The whole path over HTTP against a started `wrangler dev`, as its users take it. Part of `npm test`. */
import { withFreshServer } from './fresh-server.ts'
import { checkAdminCreate } from './smoke/admin-create.ts'
import { checkByCode } from './smoke/by-code.ts'
import { createChecks, type Tally } from './smoke/checks.ts'
import { createClient } from './smoke/client.ts'
import { checkEmailChange } from './smoke/email-change.ts'
import { checkInvitations } from './smoke/invitations.ts'
import { checkOperation } from './smoke/operate.ts'
import { checkPath } from './smoke/path.ts'
import { checkReview } from './smoke/review.ts'
import { checkSessions } from './smoke/sessions.ts'
import { checkSurface } from './smoke/surface.ts'

/** Runs every check and gives the count. What the server printed last is shown where one failed. Throws where it never came up. */
export function runSmoke(): Promise<Tally> {
  return withFreshServer([], async ({ origin, admin, state, lastWords }) => {
    const checks = createChecks()
    const client = createClient(origin)
    await checkSurface(checks, client)
    await checkPath(checks, client, admin)
    await checkSessions(checks, client)
    await checkReview(checks, client, admin)
    const owner = await checkByCode(checks, client, admin)
    await checkInvitations(checks, client, owner)
    await checkEmailChange(checks, client, owner)
    await checkOperation(checks, client, admin)
    await checkAdminCreate(checks, state, admin)
    if (checks.tally.failed > 0) console.log(lastWords())
    return checks.tally
  })
}

if (import.meta.main) {
  const { passed, failed } = await runSmoke()
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
