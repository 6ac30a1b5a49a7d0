/** Calls that work for the routes of admins, each on people and rows made for it alone. */
import { eq } from 'drizzle-orm'
import { outbox, users } from '../../src/db/schema/index.ts'
import { admin, db, ownerIn, unique } from '../factories.ts'
import { outboxOf, userRow } from '../session-client.ts'
import { API } from '../support/call.ts'
import type { Make } from './working-calls.ts'

const byAdmin = async (url: string, body?: Record<string, unknown>) => {
  const { token } = await admin()
  return { url: `${API}${url}`, token, ...(body && { body }) }
}

const onPerson =
  (what: string, body?: Record<string, unknown>, disabledAt: number | null = null): Make =>
  async () => {
    const { id } = await userRow((await ownerIn('active')).email)
    await db.update(users).set({ disabledAt }).where(eq(users.id, id))
    return byAdmin(`/admin/users/${id}/${what}`, body)
  }

/** The first mail to an address; it may have failed. */
export async function mailTo(email: string, hasFailed: boolean): Promise<string> {
  const [row] = (await outboxOf(email)).filter(({ kind }) => kind === 'mail')
  if (!row) throw new Error('this address has been written nothing')
  const failure = { failedAt: Date.now(), lastError: 'gave_up', sentAt: null }
  if (hasFailed) await db.update(outbox).set(failure).where(eq(outbox.id, row.id))
  return row.id
}

export const WORKING_BY_ADMIN: Record<string, Make> = {
  [`PATCH ${API}/admin/communities/:community`]: async () => {
    const name = unique()
    return byAdmin(`/admin/communities/${(await ownerIn('active')).communityId}`, {
      communityName: `Circle ${name}`,
      officialEmail: `office@${name}.example`,
      communityWebsite: `https://${name}.example`,
    })
  },
  [`GET ${API}/admin/users`]: async () =>
    byAdmin(`/admin/users?email=${(await ownerIn('active')).email}`),
  [`POST ${API}/admin/users/:id/unlock`]: onPerson('unlock'),
  [`POST ${API}/admin/users/:id/revoke-sessions`]: onPerson('revoke-sessions'),
  [`POST ${API}/admin/users/:id/disable`]: onPerson('disable', { reason: 'Sends spam.' }),
  [`POST ${API}/admin/users/:id/enable`]: onPerson('enable', undefined, 1),
  [`GET ${API}/admin/mail`]: () => byAdmin('/admin/mail'),
  [`POST ${API}/admin/mail/:id/retry`]: async () =>
    byAdmin(`/admin/mail/${await mailTo((await ownerIn('active')).email, true)}/retry`),
}
