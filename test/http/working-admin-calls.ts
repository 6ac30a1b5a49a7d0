/** Calls that work for the routes of admins, each on people and rows made for it alone. */
import { eq } from 'drizzle-orm'
import { users } from '../../src/db/schema/index.ts'
import { admin, db, ownerIn } from '../factories.ts'
import { userRow } from '../session-client.ts'
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

export const WORKING_BY_ADMIN: Record<string, Make> = {
  [`GET ${API}/admin/users`]: async () =>
    byAdmin(`/admin/users?email=${(await ownerIn('active')).email}`),
  [`POST ${API}/admin/users/:id/unlock`]: onPerson('unlock'),
  [`POST ${API}/admin/users/:id/revoke-sessions`]: onPerson('revoke-sessions'),
  [`POST ${API}/admin/users/:id/disable`]: onPerson('disable', { reason: 'Sends spam.' }),
  [`POST ${API}/admin/users/:id/enable`]: onPerson('enable', undefined, 1),
}
