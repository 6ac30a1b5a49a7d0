/** Routes of admins around people, mails and what was reviewed, with the limit that counts them. */
import { eq } from 'drizzle-orm'
import { users } from '../../src/db/schema/index.ts'
import { accessTokenOf, admin, db, ownerIn, unique } from '../factories.ts'
import { mailTo } from '../http/working-admin-calls.ts'
import { userRow } from '../session-client.ts'
import { API } from '../support/call.ts'
import {
  BAD_BODIES,
  BROKEN,
  by,
  GENERAL,
  LARGE,
  type LimitedRoute,
  NOBODY,
  type Try,
  UNTYPED,
} from './limit-tries.ts'

/** What this does to somebody: once, once more, to nobody, by somebody who may not, and with other bodies. */
function onPerson(what: string, again: string, bodies: readonly Try[] = []): LimitedRoute {
  return {
    route: `POST /api/v1/admin/users/:id/${what}`,
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { token } = await admin()
      const { id } = await userRow((await ownerIn('active')).email)
      if (what === 'enable') await db.update(users).set({ disabledAt: 1 }).where(eq(users.id, id))
      const other = await accessTokenOf(await ownerIn('active'))
      const path = `${API}/admin/users/${id}/${what}`
      return [
        ...by(token, [
          { answer: '200', send: { path } },
          { answer: again, send: { path } },
          { answer: '404 not_found', send: {} },
          ...bodies,
        ]),
        { answer: '403 forbidden', send: { path, token: other } },
        NOBODY,
      ]
    },
  }
}

export const ADMIN_ROUTES: LimitedRoute[] = [
  {
    route: 'PATCH /api/v1/admin/communities/:community',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { token } = await admin()
      const owner = await ownerIn('active')
      const path = `${API}/admin/communities/${owner.communityId}`
      const body = { communityName: `Circle ${unique()}`, version: 1 }
      return [
        ...by(token, [
          { answer: '200', send: { path, body } },
          { answer: '409 invalid_transition', send: { path, body } },
          { answer: '404 not_found', send: { body } },
          ...BAD_BODIES,
        ]),
        { answer: '403 forbidden', send: { path, body, token: await accessTokenOf(owner) } },
        NOBODY,
      ]
    },
  },
  onPerson('unlock', '200'),
  onPerson('revoke-sessions', '200'),
  onPerson('disable', '409 invalid_transition', [
    { answer: '422 validation_failed', send: { body: { reason: 1 } } },
    BROKEN,
    UNTYPED,
    LARGE,
  ]),
  onPerson('enable', '409 invalid_transition'),
  {
    route: 'POST /api/v1/admin/mail/:id/retry',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { token } = await admin()
      const owner = await ownerIn('active')
      const path = `${API}/admin/mail/${await mailTo(owner.email, true)}/retry`
      return [
        ...by(token, [
          { answer: '200', send: { path } },
          { answer: '409 invalid_transition', send: { path } },
          { answer: '404 not_found', send: {} },
        ]),
        { answer: '403 forbidden', send: { path, token: await accessTokenOf(owner) } },
        NOBODY,
      ]
    },
  },
]
