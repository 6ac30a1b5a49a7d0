import { beforeAll, describe, expect, it } from 'vitest'
import { ownerIn, signedUp } from '../../factories.ts'
import {
  addressHere,
  invited,
  type OwnerHere,
  ownerHere,
  postAcceptance,
  postInvitation,
} from '../../mailbox-client.ts'
import { mailedToken, openSession } from '../../session-client.ts'
import { API, call, expectStatus } from '../../support/call.ts'
import { DAY, withdraw } from '../members/member-client.ts'
import { later, mailsOf } from '../passwords/password-client.ts'

let owner: OwnerHere

beforeAll(async () => {
  owner = await ownerHere()
})

const invite = (email: string) => postInvitation(owner, { email, role: 'Member' })

describe('POST /api/v1/communities/:community/invitations, more than is allowed,', () => {
  describe('refuses', () => {
    it('the sixth within a day to one address: no mail, and the fifth link lives', async () => {
      const email = addressHere()
      for (let n = 0; n < 5; n++) expectStatus(await invite(email), 201)
      const fifth = await mailedToken(email, 'invitation')
      const answer = await invite(email)
      expectStatus(answer, 429, 'rate_limited')
      expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0)
      expect(Number(answer.headers.get('Retry-After'))).toBeLessThanOrEqual(86_400)
      expect(await mailsOf(email, 'invitation')).toHaveLength(5)
      expectStatus(await postAcceptance({ token: fifth }), 200)
    })

    it('that sixth from whichever community: the reader has one mailbox', async () => {
      const [email, other] = [addressHere(), await ownerHere()]
      for (let n = 0; n < 3; n++) expectStatus(await invite(email), 201)
      const body = { email, role: 'Member' }
      for (let n = 0; n < 2; n++) expectStatus(await postInvitation(other, body), 201)
      const answer = await postInvitation(other, body)
      expectStatus(answer, 429, 'rate_limited')
      expect(Number(answer.headers.get('Retry-After'))).toBeLessThanOrEqual(86_400)
      expect(await mailsOf(email, 'invitation')).toHaveLength(5)
    })

    it('but nobody’s invitation for what strangers have had mailed to the address', async () => {
      const { email } = await ownerIn('active')
      for (let n = 0; n < 5; n++) {
        await signedUp({ email })
        await call(`${API}/auth/send-otp`, { body: { email } })
      }
      expectStatus(await invite(email), 201)
      expect(await mailsOf(email, 'invitation')).toHaveLength(1)
    })

    it('and not the day after', async () => {
      const [email, host] = [addressHere(), await ownerHere()]
      for (let n = 0; n < 5; n++) await invited(host, email)
      await later(DAY + 60_000, async () => {
        const { accessToken } = await openSession(host)
        const body = { email, role: 'Member' }
        expectStatus(await postInvitation({ ...host, accessToken }, body), 201)
      })
    })

    it('an invitation that was used or withdrawn still counts as one of the day to its address', async () => {
      const [email, host] = [addressHere(), await ownerHere()]
      for (let n = 0; n < 5; n++) {
        const { id } = await invited(host, email)
        expectStatus(await withdraw(host, id), 200)
      }
      const body = { email, role: 'Member' }
      expectStatus(await postInvitation(host, body), 429, 'rate_limited')
    })
  })
})
