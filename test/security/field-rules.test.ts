/** Fields that must agree with each other: each row of the table in docs/limits.md, as it is told there. */
import { describe, expect, it } from 'vitest'
import { ERROR_CODES } from '../../src/http/error-codes.ts'
import {
  admin,
  communityRow,
  ownerIn,
  PASSWORD,
  postSignup,
  signedUp,
  signupForm,
  unique,
} from '../factories.ts'
import { closeHere, PNG, patchProfile, putLogo } from '../features/communities/community-client.ts'
import {
  NEW,
  postChange,
  postReset,
  resetLinkOf,
  signedIn,
} from '../features/passwords/password-client.ts'
import { erase, memberHere } from '../features/personal-data/personal-data-client.ts'
import {
  addressHere,
  askForCode,
  invited,
  mailedCode,
  memberOf,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  useCode,
} from '../mailbox-client.ts'
import { type Answer, API, call } from '../support/call.ts'
import { DOCS, section, tableRows } from './read-sources.ts'

const ROWS = tableRows(section(DOCS['limits.md'] ?? '', 'Fields that must agree'))

const review = async (status: string) => {
  const { token } = await admin()
  const { communityId } = await signedUp()
  const path = `${API}/admin/communities/${communityId}/status`
  return call(path, { method: 'PATCH', body: { status }, token })
}

async function signupTokenOf(email: string): Promise<string> {
  const { flowId } = await askForCode(email, 'signup')
  const { data } = await useCode({ email, code: await mailedCode(email), flowId })
  return String(data.signupToken)
}

/** Somebody accepts an invitation with a password around a word that stands elsewhere too. */
async function accept(
  body: (word: string) => object,
  addressOf: (word: string) => string = addressHere,
  nameOf: (word: string) => string = () => `Circle ${unique()}`,
): Promise<Answer> {
  const word = unique()
  const owner = await ownerHere({ communityName: nameOf(word) })
  const { token } = await invited(owner, addressOf(word))
  return postAcceptance({ token, password: `#7q ${word} Zk!`, ...body(word) })
}

async function changeAddress(body: object, token?: string): Promise<Answer> {
  const accessToken = token ?? (await ownerHere()).accessToken
  const change = { newEmail: addressHere(), ...body }
  return call(`${API}/account/email`, { body: change, token: accessToken })
}

async function handOver(body: object, owner?: OwnerHere): Promise<Answer> {
  const from = owner ?? (await ownerHere())
  const { userId } = await memberOf(from)
  const path = `${API}/communities/${from.slug}/owner`
  return call(path, { body: { userId, ...body }, token: from.accessToken })
}

/** By route and rule: bodies that break it and no other. */
const BREAKING: Record<string, (() => Promise<Answer>)[]> = {
  '`POST /auth/signup-community`: `confirmPassword` differs from `password`': [
    () => postSignup(signupForm({ confirmPassword: NEW })),
    () => postSignup(signupForm({ confirmPassword: `${PASSWORD} ` })),
  ],
  '`POST /auth/signup-community`: neither `fullName` nor `firstName` or `lastName`': [
    () => postSignup(signupForm({ firstName: '', lastName: '' })),
    () => postSignup(signupForm({ firstName: undefined, lastName: undefined })),
  ],
  '`POST /auth/signup-community`: `phoneCode` and `phoneNumber` make no number': [
    () => postSignup(signupForm({ phoneCode: '', contactPhone: '' })),
    () => postSignup(signupForm({ phoneCode: '+91', phoneNumber: '12', contactPhone: '' })),
  ],
  '`POST /auth/signup-community`: `officialEmail` and `communityWebsite` are of different domains':
    [() => postSignup(signupForm({ officialEmail: `hello@${unique()}.example` }))],
  '`POST /auth/signup-community`: `password` holds a word of the names or addresses': [
    () => {
      const word = unique()
      const password = `#7q ${word} Zk!`
      return postSignup(
        signupForm({ communityName: `Circle ${word}`, password, confirmPassword: password }),
      )
    },
  ],
  '`POST /auth/reset-password`: `confirmPassword` differs from `password`': [
    async () => {
      const { email } = await ownerIn('active')
      return postReset({
        token: await resetLinkOf(email),
        password: NEW,
        confirmPassword: PASSWORD,
      })
    },
  ],
  '`POST /account/password`: both `currentPassword` and `code`': [
    async () => {
      const { session } = await signedIn()
      return postChange(session, { currentPassword: PASSWORD, code: '123456', newPassword: NEW })
    },
  ],
  '`POST /auth/signup-community`: neither `password` nor `signupToken`': [
    () => postSignup(signupForm({ password: undefined, confirmPassword: undefined })),
    () => postSignup(signupForm({ password: undefined, confirmPassword: '', signupToken: '' })),
  ],
  '`POST /auth/signup-community`: `signupToken` of another address than `email`': [
    async () => postSignup(signupForm({ signupToken: await signupTokenOf(addressHere()) })),
  ],
  '`POST /auth/accept-invite`: `password` holds a word of the name, the address or the community': [
    () => accept((word) => ({ fullName: `${word} Rao` })),
    () =>
      accept(
        () => ({}),
        (word) => `${word}@apex.example`,
      ),
    () =>
      accept(
        () => ({}),
        (word) => `mira@${word}.example`,
      ),
    () =>
      accept(
        () => ({}),
        addressHere,
        (word) => `Circle ${word}`,
      ),
  ],
  '`POST /account/email`: both `password` and `code`, or none': [
    () => changeAddress({ password: PASSWORD, code: '123456' }),
    () => changeAddress({}),
  ],
  '`POST /account/email`: `newEmail` is the present address': [
    async () => {
      const { email, accessToken } = await ownerHere()
      return changeAddress(
        { newEmail: ` ${email.toUpperCase()} `, password: PASSWORD },
        accessToken,
      )
    },
  ],
  '`DELETE /account`: both `password` and `code`, or none': [
    async () => erase(await memberHere(), { body: { password: PASSWORD, code: '123456' } }),
    async () => erase(await memberHere(), { body: {} }),
  ],
  '`PATCH /communities/:community`: nothing named that an owner changes': [
    async () => patchProfile(await ownerHere(), {}),
    async () => patchProfile(await ownerHere(), { communityName: 'Other' }),
  ],
  '`PATCH /communities/:community`: `phoneCode` and nothing else': [
    async () => patchProfile(await ownerHere(), { phoneCode: '+91' }),
  ],
  '`PATCH /communities/:community`: `socialLinks` without a network of ours, and nothing else': [
    async () => patchProfile(await ownerHere(), { socialLinks: {} }),
    async () => patchProfile(await ownerHere(), { socialLinks: null }),
  ],
  '`PATCH /communities/:community`: `phoneCode` and `phoneNumber` make no number': [
    async () => patchProfile(await ownerHere(), { phoneCode: '+91', phoneNumber: '12' }),
  ],
  '`DELETE /communities/:community`: both `password` and `code`, or none': [
    async () => closeHere(await ownerHere(), { password: PASSWORD, code: '123456' }),
    async () => closeHere(await ownerHere(), {}),
  ],
  '`PUT /communities/:community/logo`: a form without one file in `logo`, or with more than one': [
    async () => putLogo(await ownerHere(), new FormData()),
    async () => {
      const form = new FormData()
      for (const name of ['a', 'b']) form.append('logo', new Blob([PNG]), name)
      return putLogo(await ownerHere(), form)
    },
  ],
  '`POST /communities/:community/owner`: both `password` and `code`, or none': [
    () => handOver({ password: PASSWORD, code: '123456' }),
    () => handOver({}),
  ],
  "`POST /communities/:community/owner`: `userId` is one's own": [
    async () => {
      const owner = await ownerHere()
      return handOver({ userId: owner.userId, password: PASSWORD }, owner)
    },
  ],
  '`PATCH /admin/communities/:community`: none of `communityName`, `officialEmail`, `communityWebsite`':
    [
      async () => {
        const { communityId } = await ownerHere()
        const { token } = await admin()
        const path = `${API}/admin/communities/${communityId}`
        return call(path, { method: 'PATCH', token, body: { version: 1 } })
      },
    ],
  '`PATCH /admin/communities/:community/status`: `rejected` or `suspended` without `reason`': [
    () => review('rejected'),
    () => review('suspended'),
  ],
}

describe('the rules over several fields', () => {
  it('in the page are those that are tested here', () => {
    expect(ROWS.map(([route, rule]) => `${route}: ${rule}`)).toEqual(Object.keys(BREAKING))
  })

  it.each(ROWS)('hold: %s, %s: %s', async (route, rule, told = '') => {
    const [, status] = /^(\d+)/.exec(told) ?? []
    const [, signal] = /the reviewer sees `(\w+)`/.exec(told) ?? []
    const words = Array.from(told.matchAll(/`(\w+)`/g), ([, word = '']) => word)
    const code = words.find((word) => word in ERROR_CODES)
    const fields = words.filter((word) => word !== code && word !== signal)
    for (const [at, send] of (BREAKING[`${route}: ${rule}`] ?? []).entries()) {
      const answer = await send()
      // Where the page names several, each body breaks the rule in another way.
      const field = fields.length > 1 ? fields[at] : fields[0]
      if (code !== undefined) expect(answer.json.code).toBe(code)
      const seen = {
        status: String(answer.status),
        fields: Object.keys((answer.json.errors ?? {}) as object),
      }
      expect({ ...seen, body: answer.text }).toMatchObject({
        status,
        fields: field === undefined ? [] : [field],
      })
      if (signal === undefined) continue
      const row = await communityRow(String(answer.data.communityId))
      expect(row?.riskSignals?.map((one) => one.signal)).toEqual([signal])
    }
  })
})
