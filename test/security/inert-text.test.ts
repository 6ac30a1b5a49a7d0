/** Text that would be markup, a script or a template elsewhere is text here: stored, shown and mailed as it was typed. */
import { describe, expect, it } from 'vitest'
import { admin, communityRow, signedUp } from '../factories.ts'
import { deliverAll, inboxOf } from '../features/passwords/password-client.ts'
import { API, call, expectStatus } from '../support/call.ts'

const TEXTS = [
  '[a link](javascript:alert(1)) and ![a picture](https://evil.example/x.png)',
  '{{7919*7907}} $' + '{7919*7907} <%= 7919*7907 %> #{7919*7907} {% raw %}',
  '<style>*{display:none}</style><img src=x onerror=alert(1)>',
  '@import url(https://evil.example/x.css); expression(alert(1))',
]

describe('a description that would be something else elsewhere', () => {
  it.each(TEXTS)('is stored and given back as it was typed: %s', async (communityBio) => {
    const { token } = await admin()
    const { communityId } = await signedUp({ communityBio })
    expect((await communityRow(communityId))?.bio).toBe(communityBio)
    const answer = await call(`${API}/admin/communities/${communityId}`, { token })
    expect(answer.data).toMatchObject({ community: { bio: communityBio } })
  })

  it.each(TEXTS)('is in no mail: %s', async (communityBio) => {
    const { email } = await signedUp({ communityBio })
    await deliverAll(email)
    const mails = await inboxOf(email)
    expect(mails).toHaveLength(1)
    expect(`${mails[0]?.html}${mails[0]?.text}`).not.toMatch(
      /evil\.example|alert\(1\)|7919|62615533/,
    )
  })

  it.each(TEXTS)('reaches the owner as text where a reviewer wrote it: %s', async (reason) => {
    const { token } = await admin()
    const { communityId, email } = await signedUp()
    const path = `${API}/admin/communities/${communityId}/status`
    const answer = await call(path, {
      method: 'PATCH',
      token,
      body: { status: 'rejected', reason },
    })
    expectStatus(answer, 200)
    await deliverAll(email)
    const mail = (await inboxOf(email, 'community_rejected'))[0]
    expect(mail?.html).not.toMatch(/<(img|script|style>\*|a [^>]*(javascript|evil))/i)
    expect(mail?.text).not.toContain('62615533')
  })
})
