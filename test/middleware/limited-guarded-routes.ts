/** Routes for who is signed in, and the limit that counts it before anybody asks who it is. */
import { accessTokenOf, admin, ownerIn, PASSWORD, unique } from '../factories.ts'
import { NEW, WRONG } from '../features/passwords/password-client.ts'
import { openSession } from '../session-client.ts'
import { API, call } from '../support/call.ts'
import {
  BAD_BODIES,
  BROKEN,
  by,
  GENERAL,
  LARGE,
  type LimitedRoute,
  NOBODY,
  post,
  type Try,
  UNTYPED,
} from './limit-tries.ts'

async function guarded(tries: (token: string) => Try[] | Promise<Try[]>): Promise<Try[]> {
  const token = await accessTokenOf(await ownerIn('active'))
  return [...(await tries(token)), NOBODY]
}

async function adminAndAnother() {
  return { token: (await admin()).token, other: await accessTokenOf(await ownerIn('active')) }
}

export const GUARDED_ROUTES: LimitedRoute[] = [
  {
    route: 'DELETE /api/v1/sessions/:id',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const person = await ownerIn('active')
      const [mine, other] = [await openSession(person), await openSession(person)]
      const end = (answer: string, id: string) => ({
        answer,
        send: { path: `${API}/sessions/${id}`, token: mine.accessToken },
      })
      return [end('200', other.id), end('404 not_found', 'x'), NOBODY]
    },
  },
  {
    route: 'DELETE /api/v1/sessions',
    ...GENERAL,
    again: NOBODY,
    counted: () =>
      guarded((token) => {
        const path = `${API}/sessions?keepCurrent`
        return [
          { answer: '200', send: { path: `${path}=true`, token } },
          { answer: '422 validation_failed', send: { path: `${path}=x`, token } },
        ]
      }),
  },
  {
    route: 'POST /api/v1/account/password',
    ...GENERAL,
    again: NOBODY,
    counted: () =>
      guarded((token) => [
        ...by(token, [
          post('200', { currentPassword: PASSWORD, newPassword: NEW }),
          post('403 wrong_password', { currentPassword: WRONG, newPassword: NEW }),
          post('400 password_rejected', { currentPassword: NEW, newPassword: 'Password1!' }),
          ...BAD_BODIES,
        ]),
      ]),
  },
  {
    route: 'POST /api/v1/account/code',
    ...GENERAL,
    again: NOBODY,
    counted: () => guarded((token) => [{ answer: '202', send: { token } }]),
  },
  {
    route: 'PATCH /api/v1/account',
    ...GENERAL,
    again: NOBODY,
    counted: () =>
      guarded((token) =>
        by(token, [
          post('200', { fullName: 'Mira Rao' }),
          post('422 validation_failed', { fullName: '' }),
          BROKEN,
          UNTYPED,
          LARGE,
        ]),
      ),
  },
  {
    route: 'PATCH /api/v1/admin/communities/:community/status',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { token, other } = await adminAndAnother()
      const { communityId } = await ownerIn('pending')
      const path = `${API}/admin/communities/${communityId}/status`
      const body = { status: 'under_review' }
      return [
        { answer: '200', send: { path, token, body } },
        { answer: '409 invalid_transition', send: { path, token, body } },
        { answer: '404 not_found', send: { token, body } },
        { answer: '403 forbidden', send: { token: other, body } },
        ...by(token, BAD_BODIES),
        NOBODY,
      ]
    },
  },
  {
    route: 'PUT /api/v1/admin/email-domains/:domain',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { token, other } = await adminAndAnother()
      const path = `${API}/admin/email-domains/${unique()}.example`
      const body = { verdict: 'deny' }
      return [
        { answer: '200', send: { path, token, body } },
        { answer: '403 forbidden', send: { path, token: other, body } },
        ...by(token, BAD_BODIES),
        NOBODY,
      ]
    },
  },
  {
    route: 'DELETE /api/v1/admin/email-domains/:domain',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { token, other } = await adminAndAnother()
      const path = `${API}/admin/email-domains/${unique()}.example`
      await call(path, { method: 'PUT', token, body: { verdict: 'deny' } })
      return [
        { answer: '200', send: { path, token } },
        { answer: '404 not_found', send: { path, token } },
        { answer: '403 forbidden', send: { path, token: other } },
        NOBODY,
      ]
    },
  },
]
