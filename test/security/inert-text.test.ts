/** Text that would be markup, a script or a template elsewhere is text here: stored, shown and mailed as it was typed. */
import { describe, expect, it } from 'vitest'
import { admin, communityRow, signedUp, unique } from '../factories.ts'
import { deliverAll, inboxOf } from '../features/passwords/password-client.ts'
import { addressHere, invited, memberOf, ownerHere } from '../mailbox-client.ts'
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

describe('a name that would be something else elsewhere', () => {
  it.each(TEXTS)('is given back among the members as it was typed: %s', async (fullName) => {
    const owner = await ownerHere()
    const { userId, email } = await memberOf(owner, 'Member', { fullName })
    const path = `${API}/communities/${owner.slug}/members`
    const { data } = await call(path, { token: owner.accessToken })
    expect(data.items).toContainEqual(expect.objectContaining({ userId, email, fullName }))
  })

  it.each(TEXTS)('reaches whom its bearer invites as text: %s', async (text) => {
    const communityName = `${text.slice(0, 80)} ${unique()}`
    const owner = await ownerHere({ communityName })
    const { accessToken: token } = owner
    const change = { method: 'PATCH', token, body: { fullName: text } }
    expectStatus(await call(`${API}/account`, change), 200)
    const email = addressHere()
    await invited(owner, email)
    const [mail] = await inboxOf(email, 'invitation')
    // What a mail program would make a link of is taken apart; the rest stays as it was typed.
    for (const shown of [mail?.text, mail?.html])
      expect(shown).not.toMatch(/evil\.example|javascript:/)
    for (const name of [text, communityName].filter((one) => !/evil|javascript/.test(one))) {
      expect(mail?.text).toContain(name)
    }
    expect(mail?.html).not.toMatch(/<(img|script|style>\*|a [^>]*(javascript|evil))/i)
    for (const shown of [mail?.subject, mail?.text, mail?.html]) {
      expect(shown).not.toContain('62710561')
    }
    expect(mail?.subject).not.toContain(text)
  })
})
