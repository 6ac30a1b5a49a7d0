/** An address that somebody types is stored; nobody here ever calls it. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  admin,
  communityRow,
  linkTokenOf,
  postVerification,
  signedUp,
  unique,
} from '../factories.ts'
import { deliverAll } from '../features/passwords/password-client.ts'
import { API, call, expectStatus } from '../support/call.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('addresses in a signup', () => {
  it.each(['example', 'internal.example', 'metadata.example'])(
    'are asked for nothing, from the form to the approval: %s',
    async (suffix) => {
      const called = vi
        .spyOn(globalThis, 'fetch')
        .mockRejectedValue(new Error('nobody may be called'))
      const { token } = await admin()
      const website = `https://${unique()}.${suffix}/robots.txt`
      const signup = await signedUp({
        communityWebsite: website,
        socialLinks: { github: `https://${unique()}.${suffix}/x` },
      })
      expectStatus(await postVerification(await linkTokenOf(signup.communityId)), 200)
      await deliverAll(signup.email)
      const path = `${API}/admin/communities/${signup.communityId}`
      expectStatus(await call(path, { token }), 200)
      const approve = { method: 'PATCH', body: { status: 'approved' }, token }
      expectStatus(await call(`${path}/status`, approve), 200)
      expect((await communityRow(signup.communityId))?.website).toBe(website)
      expect(called).not.toHaveBeenCalled()
    },
  )
})
