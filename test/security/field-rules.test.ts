/** Fields that must agree with each other: each row of the table in docs/limits.md, as it is told there. */
import { describe, expect, it } from 'vitest'
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
import {
  NEW,
  postChange,
  postReset,
  resetLinkOf,
  signedIn,
} from '../features/passwords/password-client.ts'
import { type Answer, API, call } from '../support/call.ts'
import { DOCS, section, tableRows } from './read-sources.ts'

const ROWS = tableRows(section(DOCS['limits.md'] ?? '', 'Fields that must agree'))

const review = async (status: string) => {
  const { token } = await admin()
  const { communityId } = await signedUp()
  const path = `${API}/admin/communities/${communityId}/status`
  return call(path, { method: 'PATCH', body: { status }, token })
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
    const [, status, field] = /^(\d+)(?: `(\w+)`)?/.exec(told) ?? []
    const [, signal] = /the reviewer sees `(\w+)`/.exec(told) ?? []
    for (const send of BREAKING[`${route}: ${rule}`] ?? []) {
      const answer = await send()
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
