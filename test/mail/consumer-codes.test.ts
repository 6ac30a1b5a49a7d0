/** Mails with a code: which of the three wordings, whose name, and what makes that none goes out. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { devMails, oneTimeTokens, users } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { deriveCode, deriveLinkToken } from '../../src/lib/tokens.ts'
import { composeMail } from '../../src/mail/consumer-compose.ts'
import { messageFor } from '../../src/mail/messages.ts'
import type { NewMail } from '../../src/mail/outbox.ts'
import { readToken, sent } from './account-mails.ts'
import {
  createWorld,
  db,
  deliver,
  keys,
  keysAfterRetirement,
  MINUTE,
  makeCommunity,
  makeToken,
  queueMail,
  readRow,
  START,
} from './mail-world.ts'
import { verifyOwner } from './worded-mails.ts'

/** Code and link of one challenge, to the address of a community's owner; as `send-otp` queues them. */
async function queueCodeAndLink(changes: Partial<NewMail> = {}) {
  const community = await makeCommunity()
  const expiresAt = START + 5 * MINUTE
  const { id: challengeId, secret } = await makeToken(community, {
    purpose: 'magic_link',
    expiresAt,
    userId: null,
    communityId: null,
  })
  const id = await queueMail(community, 'otp_code', {
    userId: null,
    communityId: null,
    tokenId: challengeId,
    payload: { challengeId, keyVersion: 1 },
    expiresAt,
    ...changes,
  })
  const link = `https://app.example/magic-link?token=${secret}`
  return { id, community, challengeId, secret, link, code: deriveCode(keys, challengeId, 1) ?? '' }
}

describe('a code and its link', () => {
  describe('works', () => {
    it('come in one mail, of one challenge, with the lifetime that both are checked with', async () => {
      const { deps, accepted } = createWorld()
      const { id, link, code } = await queueCodeAndLink()
      expect(await deliver(deps, [id])).toEqual(['acked'])
      const { text, html } = await sent(accepted)
      expect(code).toMatch(/^\d{6}$/)
      expect(text).toContain(`\n${code}\n`)
      expect(text).toContain(`\n${link}\n`)
      expect(html).toContain(`href="${link}"`)
      expect(text).toContain('Code and link work for 5 minutes')
    })

    it('an address without an account is told of a signup, and greeted without a name', async () => {
      const { deps, accepted } = createWorld()
      // Somebody has typed it into a signup, with a name, and never opened the mail.
      const { id } = await queueCodeAndLink()
      await deliver(deps, [id])
      const { subject, text } = await sent(accepted)
      expect(subject).toBe('Your signup code')
      expect(text).toMatch(/^Hello,\n/)
      expect(text).not.toContain('Ada')
    })

    it('an address with an account is told of a login, and greeted by name', async () => {
      const { deps, accepted } = createWorld()
      const { id, community } = await queueCodeAndLink()
      await verifyOwner(community)
      await deliver(deps, [id])
      const { subject, text } = await sent(accepted)
      expect(subject).toBe('Your login code')
      expect(text).toMatch(/^Hello Ada Lovelace,\n/)
    })

    it('what counts is the account as the mail is made, not as it was asked for', async () => {
      const { deps } = createWorld()
      const { id, community } = await queueCodeAndLink()
      const row = await readRow(id)
      const subjectNow = async () => {
        const composed = await composeMail(deps, row, START)
        return 'mail' in composed ? composed.mail.subject : composed.drop
      }
      expect(await subjectNow()).toBe('Your signup code')
      await verifyOwner(community)
      expect(await subjectNow()).toBe('Your login code')
      await db.update(users).set({ emailVerifiedAt: null }).where(eq(users.id, community.ownerId))
      expect(await subjectNow()).toBe('Your signup code')
    })

    it('a code alone confirms a change, and has no link', async () => {
      const { deps, accepted } = createWorld()
      const community = await makeCommunity()
      await verifyOwner(community)
      const id = await queueMail(community, 'otp_code', {
        payload: { challengeId: newId(START), keyVersion: 1 },
        expiresAt: START + 5 * MINUTE,
      })
      await deliver(deps, [id])
      const { subject, html } = await sent(accepted)
      expect(subject).toBe('Your confirmation code')
      expect(html).not.toContain('href')
    })

    it('the local inbox keeps both apart', async () => {
      const { deps } = createWorld('dev')
      const { id, link, code } = await queueCodeAndLink()
      await deliver(deps, [id])
      const [kept] = await db.select().from(devMails).where(eq(devMails.id, id))
      expect(kept).toMatchObject({ link, code, template: 'otp_code' })
    })
  })

  describe('refuses', () => {
    it.each([
      ['expired', { expiresAt: START }],
      ['token_used', { usedAt: START }],
      ['token_withdrawn', { withdrawnAt: START }],
      ['key_retired', { keyVersion: 9 }],
      ['token_missing', { purpose: 'reset_password' as const }],
      ['token_missing', { id: newId(START) }],
    ])('to send either where the link is of no use: %s %j', async (reason, token) => {
      const { deps, accepted } = createWorld()
      const { id, challengeId } = await queueCodeAndLink()
      await db.update(oneTimeTokens).set(token).where(eq(oneTimeTokens.id, challengeId))
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ lastError: reason, sentAt: null })
      expect(await accepted()).toEqual([])
    })

    it.each([
      ['key_retired', { keyVersion: 9 }],
      ['unreadable', { keyVersion: undefined }],
      ['unreadable', { challengeId: undefined }],
    ])('to send either where the code cannot be had: %s %j', async (reason, changed) => {
      const { deps, accepted } = createWorld()
      const payload = { challengeId: newId(START), keyVersion: 1, ...changed }
      const { id } = await queueCodeAndLink({ payload })
      await deliver(deps, [id])
      expect((await readRow(id)).lastError).toBe(reason)
      expect(await accepted()).toEqual([])
    })

    it('to send what is over, and to derive anything by a key that is gone', async () => {
      const { deps, time, accepted } = createWorld()
      const [over, gone] = [await queueCodeAndLink(), await queueCodeAndLink()]
      await deliver({ ...deps, keys: keysAfterRetirement }, [gone.id])
      time.now = START + 5 * MINUTE
      await deliver(deps, [over.id])
      expect((await readRow(over.id)).lastError).toBe('expired')
      expect((await readRow(gone.id)).lastError).toBe('key_retired')
      expect(await accepted()).toEqual([])
    })
  })

  describe('is safe', () => {
    it('stand in no row, token, message or log', async () => {
      const { deps, lines } = createWorld('resend', '503')
      const { id, challengeId, secret, code } = await queueCodeAndLink()
      await deliver(deps, [id])
      const kept = [await readRow(id), await readToken(challengeId), messageFor(id), lines]
      const stored = JSON.stringify(kept)
      expect(stored).not.toContain(secret)
      expect(stored).not.toMatch(new RegExp(`\\b${code}\\b`))
    })

    it('neither is made by the key of another purpose', async () => {
      const { deps, accepted } = createWorld()
      const { id, challengeId } = await queueCodeAndLink()
      await deliver(deps, [id])
      const { text } = await sent(accepted)
      for (const purpose of ['invitation', 'reset_password', 'revert_email', 'signup'] as const) {
        expect(text).not.toContain(deriveLinkToken(keys, `link.${purpose}`, challengeId, 1))
      }
    })
  })
})

describe('a code to a new address', () => {
  const queueToNewAddress = async (changes: Partial<NewMail> = {}) => {
    const community = await makeCommunity()
    await verifyOwner(community)
    const challengeId = newId(START)
    const email = `new-${community.email}`
    const id = await queueMail(community, 'email_change_code', {
      email,
      payload: { challengeId, keyVersion: 1 },
      expiresAt: START + 5 * MINUTE,
      ...changes,
    })
    return { id, email, community, code: deriveCode(keys, challengeId, 1) ?? '' }
  }

  describe('works', () => {
    it('goes to the new address, with the code and no link', async () => {
      const { deps, accepted } = createWorld()
      const { id, email, code } = await queueToNewAddress()
      await deliver(deps, [id])
      const [mail] = await accepted()
      expect(mail?.body.to).toEqual([email])
      expect(mail?.body.text).toContain(`\n${code}\n`)
      expect(mail?.body.text).toContain('5 minutes')
      expect(mail?.body.html).not.toContain('href')
    })
  })

  describe('refuses', () => {
    it.each([
      ['expired', { expiresAt: START }],
      ['key_retired', { payload: { challengeId: newId(START), keyVersion: 9 } }],
      ['unreadable', { payload: {} }],
      ['unreadable', { expiresAt: null }],
    ])('to go out where the code is of no use: %s', async (reason, changes) => {
      const { deps, accepted } = createWorld()
      const { id } = await queueToNewAddress(changes)
      await deliver(deps, [id])
      expect((await readRow(id)).lastError).toBe(reason)
      expect(await accepted()).toEqual([])
    })
  })

  describe('is safe', () => {
    it.each([
      ['en', 'Hello,\n'],
      ['zh', '您好：\n'],
    ] as const)('tells a stranger’s mailbox no name (%s)', async (locale, greeting) => {
      const { deps, accepted } = createWorld()
      const { id } = await queueToNewAddress({ locale })
      await deliver(deps, [id])
      const { text, html } = await sent(accepted)
      expect(text.startsWith(greeting)).toBe(true)
      expect(`${text}${html}`).not.toMatch(/Ada|Lovelace|Apex/)
    })

    it('no name either where the mailbox is somebody’s who is known here', async () => {
      const { deps, accepted } = createWorld()
      const known = await makeCommunity({ owner: 'Grace Hopper' })
      await verifyOwner(known)
      const { id } = await queueToNewAddress({ email: known.email })
      await deliver(deps, [id])
      expect((await sent(accepted)).text).toMatch(/^Hello,\n/)
    })
  })
})
