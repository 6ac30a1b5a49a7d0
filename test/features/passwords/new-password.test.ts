import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../../src/config.ts'
import {
  type NewPasswordCircumstances,
  refuseWeakPassword,
} from '../../../src/features/passwords/new-password.ts'
import { ApiError } from '../../../src/http/errors.ts'
import { createBreaches, noBreaches } from '../../../src/lib/breaches.ts'
import { newId } from '../../../src/lib/ids.ts'
import { say } from '../../../src/messages/message.ts'
import type { AskedRange } from '../../breached-passwords.ts'
import { PASSWORD_VECTORS, VECTOR_ACCOUNT } from '../../password-vectors.ts'

const { email, firstName, lastName, communityName, communitySlug } = VECTOR_ACCOUNT
const context = [email, `${firstName} ${lastName}`, communityName, communitySlug]
const BREACHED = 'Harbour-Kettle-77'

/** What is said of the field, or undefined where the password may be set. */
async function refusalOf(
  password: string,
  circumstances: Partial<NewPasswordCircumstances> = {},
  breaches = noBreaches,
): Promise<Record<string, string> | undefined> {
  try {
    const deps = { config: configOf(env), breaches }
    await refuseWeakPassword(deps, password, { context, field: 'password', ...circumstances })
    return undefined
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    expect(error.code).toBe('password_rejected')
    // Whatever becomes of the error, the password is no part of it.
    if (password !== '')
      expect(JSON.stringify([error.message, error.extras])).not.toContain(password)
    return error.extras.errors
  }
}

/** The lookup at the list of the tests, and what that was asked. */
function list() {
  const baseUrl = `${env.TEST_PROVIDER_URL}/breaches/ok/${newId(0)}`
  const breaches = createBreaches({ baseUrl, onSkip: (reason) => expect.unreachable(reason) })
  const asked = async () => (await (await fetch(`${baseUrl}/asked`)).json()) as AskedRange[]
  return { breaches, asked }
}

describe('a password that is set', () => {
  describe('works', () => {
    it.each(PASSWORD_VECTORS.filter(({ verdict }) => verdict === 'accepted'))(
      'with $why',
      async ({ password }) => {
        expect(await refusalOf(password)).toBeUndefined()
      },
    )

    it('with a good one that no breach had', async () => {
      const { breaches, asked } = list()
      expect(await refusalOf('Kj7#qmpl', {}, breaches)).toBeUndefined()
      expect(await asked()).toHaveLength(1)
    })
  })

  describe('is refused', () => {
    it.each(PASSWORD_VECTORS.filter(({ verdict }) => verdict !== 'accepted'))(
      'for $verdict: $why',
      async ({ password }) => {
        expect(await refusalOf(password)).toEqual({ password: expect.any(String) })
      },
    )

    it('when a breach had it, and the person is told so', async () => {
      const { breaches } = list()
      expect(await refusalOf(BREACHED, {}, breaches)).toEqual({
        password: say('password_breached'),
      })
      expect(await refusalOf(BREACHED)).toBeUndefined()
    })

    it('under the name of the field that it came in', async () => {
      const { breaches } = list()
      const circumstances = { field: 'newPassword' } as const
      for (const password of ['short-1', BREACHED]) {
        const errors = await refusalOf(password, circumstances, breaches)
        expect(errors).toEqual({ newPassword: expect.any(String) })
      }
    })

    it('below fifteen characters to an admin, and to nobody else', async () => {
      expect(await refusalOf('Kj7#qmplKj7#qm', { role: 'Admin' })).toEqual({
        password: say('password_too_short', 15),
      })
      expect(await refusalOf('Kj7#qmplKj7#qmz', { role: 'Admin' })).toBeUndefined()
      for (const role of ['CommunityOwner', 'Moderator', 'Member'] as const) {
        expect(await refusalOf('Kj7#qmpl', { role })).toBeUndefined()
      }
    })

    it('with the name of the product in it, though no caller says that name', async () => {
      const errors = await refusalOf('iLoveGatehouse#1', { context: [] })
      expect(errors).toEqual({ password: expect.any(String) })
    })
  })

  it('is safe: what the policy refuses is never looked up', async () => {
    const { breaches, asked } = list()
    const refused = PASSWORD_VECTORS.filter(({ verdict }) => verdict !== 'accepted')
    for (const { password } of refused) await refusalOf(password, {}, breaches)
    expect(await asked()).toEqual([])
  })
})
