/** As refusals.ts, for the routes of admins. */
import { newId } from '../../src/lib/ids.ts'
import { accessTokenOf, admin, ownerIn } from '../factories.ts'
import { userRow } from '../session-client.ts'
import { API } from '../support/call.ts'
import type { Make, Makers, Refused } from './refusal-makers.ts'
import { mailTo } from './working-admin-calls.ts'

const byAdmin = async (path: string, body?: object): Promise<Refused> => ({
  token: (await admin()).token,
  url: `${API}${path}`,
  ...(body && { body }),
})

/** By the owner of a community, with a body that says nothing. */
const byOwner: Make = async () => ({ token: await accessTokenOf(await ownerIn('active')) })

const onNobody =
  (what: string): Make =>
  () =>
    byAdmin(`/admin/users/${newId(1)}/${what}`)

const onPerson = (what: string): Makers => ({
  forbidden: byOwner,
  not_found: onNobody(what),
})

const disablesOneself: Make = async () => {
  const { id, token } = await admin()
  return { token, url: `${API}/admin/users/${id}/disable`, body: {} }
}

/** By an admin, of a community that is there. */
const ofCommunity =
  (body: object): Make =>
  async () =>
    byAdmin(`/admin/communities/${(await ownerIn('active')).communityId}`, body)

export const REFUSALS_OF_ADMINS: Record<string, Makers> = {
  [`PATCH ${API}/admin/communities/:community`]: {
    forbidden: byOwner,
    not_found: () => byAdmin(`/admin/communities/${newId(1)}`, { communityName: 'Circle' }),
    email_rejected: ofCommunity({ officialEmail: 'hello@mailinator.com' }),
    community_exists: async () => {
      const { communityName } = (await ownerIn('active')).form
      return ofCommunity({ communityName })()
    },
    invalid_transition: ofCommunity({ communityName: 'Circle', version: 9 }),
  },
  [`GET ${API}/admin/users`]: { forbidden: byOwner },
  [`POST ${API}/admin/users/:id/unlock`]: onPerson('unlock'),
  [`POST ${API}/admin/users/:id/revoke-sessions`]: onPerson('revoke-sessions'),
  [`POST ${API}/admin/users/:id/disable`]: {
    ...onPerson('disable'),
    invalid_transition: disablesOneself,
  },
  [`GET ${API}/admin/mail`]: { forbidden: byOwner },
  [`POST ${API}/admin/mail/:id/retry`]: {
    forbidden: byOwner,
    not_found: () => byAdmin(`/admin/mail/${newId(1)}/retry`),
    invalid_transition: async () =>
      byAdmin(`/admin/mail/${await mailTo((await ownerIn('active')).email, false)}/retry`),
  },
  [`POST ${API}/admin/users/:id/enable`]: {
    ...onPerson('enable'),
    invalid_transition: async () =>
      byAdmin(`/admin/users/${(await userRow((await ownerIn('active')).email)).id}/enable`),
  },
}
