/** Routes for who is signed in, around communities, invitations and addresses, with the limit that counts them. */
import { admin, ownerIn, PASSWORD } from '../factories.ts'
import { memberIn } from '../features/members/member-client.ts'
import { WRONG } from '../features/passwords/password-client.ts'
import { changeAsked, ownerOfTwo } from '../http/working-mail-calls.ts'
import { makePng } from '../lib/image-samples.ts'
import { addressHere, invited, memberOf, otherCode, ownerHere } from '../mailbox-client.ts'
import { API } from '../support/call.ts'
import {
  BAD_BODIES,
  by,
  FOREIGN,
  GENERAL,
  HOUR_SECONDS,
  type LimitedRoute,
  NOBODY,
  post,
  type Try,
  UNTYPED,
} from './limit-tries.ts'

/** An owner, a member, and where their community is. */
async function community() {
  const owner = await ownerHere()
  const member = await memberOf(owner)
  const at = (rest = '') => `${API}/communities/${owner.slug}${rest && `/${rest}`}`
  return { owner, member, at }
}

/** Without a body. */
const bare = (answer: string): Try => ({ answer, send: {} })

const to = (path: string, token: string | undefined, tries: readonly Try[]): Try[] =>
  tries.map(({ answer, send }) => ({ answer, send: { ...send, path, ...(token && { token }) } }))

/** By an admin, by the owner of another community, and by nobody. */
async function closed(path: string, body?: object): Promise<Try[]> {
  const ask = (answer: string) => [{ answer, send: { ...(body && { body }) } }]
  return [
    ...to(path, (await admin()).token, ask('403 forbidden')),
    ...to(path, (await ownerHere()).accessToken, ask('404 not_found')),
    ...to(path, undefined, [NOBODY]),
  ]
}

const guest = (email = addressHere()) => ({ email, role: 'Member' })

export const COMMUNITY_ROUTES: LimitedRoute[] = [
  {
    route: 'POST /api/v1/account/email',
    ...GENERAL,
    again: NOBODY,
    counted: async () => [
      ...by((await ownerHere()).accessToken, [
        post('202', { newEmail: addressHere(), password: PASSWORD }),
        post('403 wrong_password', { newEmail: addressHere(), password: WRONG }),
        post('400 code_invalid', { newEmail: addressHere(), code: '000000' }),
        post('400 email_rejected', { newEmail: 'mira@mailinator.com', password: PASSWORD }),
        ...BAD_BODIES,
      ]),
      NOBODY,
    ],
  },
  {
    route: 'DELETE /api/v1/account',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const owner = await ownerHere()
      const { accessToken, password } = await memberIn(owner)
      return [
        ...by(accessToken, [post('200', { password }), post('401 session_ended', { password })]),
        ...by((await memberIn(owner)).accessToken, [
          post('403 wrong_password', { password: WRONG }),
          post('400 code_invalid', { code: '000000' }),
        ]),
        ...by(owner.accessToken, [post('409 last_owner', { password: PASSWORD }), ...BAD_BODIES]),
        NOBODY,
      ]
    },
  },
  {
    route: 'GET /api/v1/account/export',
    policy: 'export',
    variable: 'EXPORT_LIMIT_PER_HOUR',
    limit: 10,
    windowSeconds: 3600,
    counts: 'every request',
    again: NOBODY,
    counted: async () => [
      { answer: '200', send: { token: (await ownerHere()).accessToken } },
      NOBODY,
    ],
  },
  {
    route: 'POST /api/v1/account/email/verify',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const owner = await ownerHere()
      const { code } = await changeAsked(owner)
      const wrong = post('400 code_invalid', { code: otherCode(code) })
      return [...by(owner.accessToken, [post('200', { code }), wrong, ...BAD_BODIES]), NOBODY]
    },
  },
  {
    route: 'POST /api/v1/auth/switch-community',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { accessToken, other } = await ownerOfTwo()
      const { communityId } = await ownerIn('active')
      const elsewhere = [post('404 not_found', { communityId }), FOREIGN, ...BAD_BODIES]
      return [
        ...by(accessToken, [post('200', { communityId: other.communityId })]),
        ...by((await ownerHere()).accessToken, elsewhere),
        ...by((await admin()).token, [post('403 forbidden', { communityId })]),
        NOBODY,
      ]
    },
  },
  {
    route: 'POST /api/v1/communities/:community/invitations',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { owner, at } = await community()
      const tries = [
        post('201', guest()),
        post('409 already_member', guest(owner.email)),
        post('400 email_rejected', guest('mira@mailinator.com')),
        ...BAD_BODIES,
      ]
      const path = at('invitations')
      return [...to(path, owner.accessToken, tries), ...(await closed(path, guest()))]
    },
  },
  {
    route: 'DELETE /api/v1/communities/:community/invitations/:invitationId',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { owner, at } = await community()
      const path = at(`invitations/${(await invited(owner, addressHere())).id}`)
      const tries = [bare('200'), bare('404 not_found')]
      return [...to(path, owner.accessToken, tries), ...(await closed(path))]
    },
  },
  {
    route: 'POST /api/v1/invitations/confirm',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const [owner, invitee] = [await ownerHere(), await ownerHere()]
      const { token } = await invited(owner, invitee.email)
      const { token: another } = await invited(owner, addressHere())
      const tries = [
        post('200', { token }),
        post('400 token_used', { token }),
        post('400 token_invalid', { token: 'x' }),
        post('403 invite_user_mismatch', { token: another }),
        ...BAD_BODIES,
      ]
      const byAdmin = by((await admin()).token, [post('403 forbidden', { token: another })])
      return [...by(invitee.accessToken, tries), ...byAdmin, NOBODY]
    },
  },
  {
    route: 'PATCH /api/v1/communities/:community/members/:userId',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { owner, member, at } = await community()
      const path = at(`members/${member.userId}`)
      const body = { role: 'Moderator' }
      const itself = at(`members/${owner.userId}`)
      return [
        ...to(path, owner.accessToken, [post('200', body), ...BAD_BODIES]),
        ...to(itself, owner.accessToken, [post('409 last_owner', body)]),
        ...(await closed(path, body)),
      ]
    },
  },
  {
    route: 'DELETE /api/v1/communities/:community/members/:userId',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { owner, member, at } = await community()
      const path = at(`members/${member.userId}`)
      return [
        ...to(path, owner.accessToken, [bare('200'), bare('404 not_found')]),
        ...to(at(`members/${owner.userId}`), owner.accessToken, [bare('409 last_owner')]),
        ...(await closed(path)),
      ]
    },
  },
  {
    route: 'POST /api/v1/communities/:community/owner',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const [{ owner, member, at }, other] = [await community(), await community()]
      const { userId } = member
      const body = { userId, password: PASSWORD }
      const wrong = { userId: other.member.userId, password: WRONG }
      return [
        // The second time by one who is no owner any more.
        ...to(at('owner'), owner.accessToken, [post('200', body), post('403 forbidden', body)]),
        ...to(other.at('owner'), other.owner.accessToken, [
          post('403 wrong_password', wrong),
          post('404 not_found', body),
          ...BAD_BODIES,
        ]),
        ...(await closed(at('owner'), body)),
      ]
    },
  },
  {
    route: 'PATCH /api/v1/communities/:community',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { owner, at } = await community()
      const body = { city: 'Nashik' }
      return [
        ...to(at(), owner.accessToken, [post('200', body), ...BAD_BODIES]),
        ...(await closed(at(), body)),
      ]
    },
  },
  {
    route: 'DELETE /api/v1/communities/:community',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const [{ owner, at }, other] = [await community(), await community()]
      const body = { password: PASSWORD }
      return [
        ...to(at(), owner.accessToken, [post('200', body), post('401 session_ended', body)]),
        ...to(other.at(), other.owner.accessToken, [
          post('403 wrong_password', { password: WRONG }),
          post('400 code_invalid', { code: '000000' }),
          ...BAD_BODIES,
        ]),
        ...(await closed(other.at(), body)),
      ]
    },
  },
  {
    route: 'PUT /api/v1/communities/:community/logo',
    policy: 'upload',
    variable: 'UPLOAD_LIMIT_PER_HOUR',
    limit: 20,
    windowSeconds: HOUR_SECONDS,
    counts: 'every request',
    again: NOBODY,
    counted: async () => {
      const { owner, at } = await community()
      const path = at('logo')
      return [
        ...to(path, owner.accessToken, [
          { answer: '200', send: { raw: makePng(4, 4) } },
          { answer: '422 validation_failed', send: { raw: new Uint8Array(1) } },
          { answer: '413 payload_too_large', send: { raw: new Uint8Array(2 * 1024 * 1024 + 1) } },
          UNTYPED,
        ]),
        ...(await closed(path)),
      ]
    },
  },
  {
    route: 'DELETE /api/v1/communities/:community/logo',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { owner, at } = await community()
      const path = at('logo')
      return [...to(path, owner.accessToken, [bare('200')]), ...(await closed(path))]
    },
  },
  {
    route: 'POST /api/v1/communities/:community/leave',
    ...GENERAL,
    again: NOBODY,
    counted: async () => {
      const { owner, member, at } = await community()
      return [
        ...to(at('leave'), member.accessToken, [bare('200'), bare('401 session_ended')]),
        ...to(at('leave'), owner.accessToken, [bare('409 last_owner')]),
        ...(await closed(at('leave'))),
      ]
    },
  },
]
