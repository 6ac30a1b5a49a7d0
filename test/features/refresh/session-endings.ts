/** All ways in which people end their sessions themselves, for tests of what happens when a refresh runs beside one. */
import type { OpenSession } from '../../session-client.ts'
import { type Answer, API, call } from '../../support/call.ts'

/** `byHeader`: with the access token where there is a choice, else with the refresh token in the body. */
type Ending = (session: OpenSession, byHeader: boolean, run?: Env) => Promise<Answer>

export const ENDINGS: Record<string, Ending> = {
  logout: (session, byHeader, run) => endBy('logout', session, byHeader, run),
  'logout-all': (session, byHeader, run) => endBy('logout-all', session, byHeader, run),
  'DELETE /sessions': ({ accessToken }, _, run) =>
    call(`${API}/sessions`, { method: 'DELETE', token: accessToken, env: run }),
  'DELETE /sessions/:id': ({ id, accessToken }, _, run) =>
    call(`${API}/sessions/${id}`, { method: 'DELETE', token: accessToken, env: run }),
}

function endBy(name: string, session: OpenSession, byHeader: boolean, run?: Env): Promise<Answer> {
  const { accessToken: token, refreshToken } = session
  const how = byHeader ? { method: 'POST', token } : { body: { refreshToken } }
  return call(`${API}/auth/${name}`, { ...how, env: run })
}
