/** Invitations and the mails around a change of address: what they say is what is true as they are sent. */
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, oneTimeTokens, outbox, users } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { queueLinkMail, sent } from './account-mails.ts'
import {
  createWorld,
  DAY,
  db,
  deliver,
  HOUR,
  makeCommunity,
  makeToken,
  queueMail,
  readRow,
  START,
} from './mail-world.ts'
import { makeMember, makeSender, verifyOwner } from './worded-mails.ts'

/** An invitation into a community to the owner of another one, whose account is made of what the test says. */
async function queueInvitation(locale: 'en' | 'zh' = 'en') {
  const community = await makeCommunity({ community: 'Harbour Club' })
  const invitee = await makeCommunity({ community: 'Elsewhere', owner: 'Joy Okafor' })
  const { id: tokenId, secret } = await makeToken(community, {
    purpose: 'invitation',
    email: invitee.email,
    userId: null,
    expiresAt: START + 7 * DAY,
  })
  const senderId = await makeSender(community, 'Mira Rao')
  const id = await queueMail(community, 'invitation', {
    email: invitee.email,
    locale,
    userId: null,
    tokenId,
    payload: { senderId },
    expiresAt: START + 7 * DAY,
  })
  const link = `https://app.example/accept-invite?token=${secret}`
  return { id, community, invitee, tokenId, senderId, link }
}

const OPEN_IT = 'Open the link to join. Your account will have this email address.'
const LOG_IN =
  'You have an account with this email address already: open the link, log in, and confirm that you want to join.'

describe('an invitation', () => {
  describe('works', () => {
    it('names who invites and where to, and has the link and its lifetime', async () => {
      const { deps, accepted } = createWorld()
      const { id, link } = await queueInvitation()
      expect(await deliver(deps, [id])).toEqual(['acked'])
      const { text, html, subject } = await sent(accepted)
      expect(subject).toBe('You are invited to a community')
      expect(text).toContain('Mira Rao invites you to the community “Harbour Club” on Gatehouse.')
      expect(text).toContain(`\n${link}\n`)
      expect(html).toContain(`href="${link}"`)
      expect(text).toContain('works for 7 days')
    })

    it.each([
      ['en', 'Mira Rao invites you'],
      ['zh', 'Mira Rao 邀请您加入'],
    ] as const)('speaks the language of its row (%s)', async (locale, words) => {
      const { deps, accepted } = createWorld()
      await deliver(deps, [(await queueInvitation(locale)).id])
      expect((await sent(accepted)).text).toContain(words)
    })

    it('tells a member of another community to log in and confirm, by name', async () => {
      const { deps, accepted } = createWorld()
      const { id, invitee } = await queueInvitation()
      await verifyOwner(invitee)
      await makeMember(invitee)
      await deliver(deps, [id])
      const { text } = await sent(accepted)
      expect(text).toContain(LOG_IN)
      expect(text).not.toContain(OPEN_IT)
      expect(text).toMatch(/^Hello Joy Okafor,\n/)
    })

    it('tells somebody who is a member nowhere, and cannot log in, to open the link', async () => {
      const { deps, accepted } = createWorld()
      const { id, invitee } = await queueInvitation()
      await verifyOwner(invitee)
      await deliver(deps, [id])
      const { text } = await sent(accepted)
      expect(text).toContain(OPEN_IT)
      expect(text).toMatch(/^Hello Joy Okafor,\n/)
    })

    it('says “Somebody” where who invited is gone', async () => {
      const { deps, accepted } = createWorld()
      const { id, senderId } = await queueInvitation()
      await db.delete(users).where(eq(users.id, senderId))
      await deliver(deps, [id])
      expect((await sent(accepted)).text).toContain('Somebody invites you to the community')
    })
  })

  describe('refuses', () => {
    it.each([
      ['expired', { expiresAt: START }],
      ['token_used', { usedAt: START }],
      ['token_withdrawn', { withdrawnAt: START }],
      ['key_retired', { keyVersion: 9 }],
      ['token_missing', { purpose: 'magic_link' as const }],
      ['token_missing', { id: newId(START) }],
    ])('to go out where its link is of no use: %s %j', async (reason, token) => {
      const { deps, accepted } = createWorld()
      const { id, tokenId } = await queueInvitation()
      await db.update(oneTimeTokens).set(token).where(eq(oneTimeTokens.id, tokenId))
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await readRow(id)).toMatchObject({ lastError: reason, sentAt: null })
      expect(await accepted()).toEqual([])
    })

    it('to go out for a community that is gone', async () => {
      const { deps, accepted } = createWorld()
      const { id, community } = await queueInvitation()
      await db.update(communities).set({ isDeleted: true }).where(eq(communities.id, community.id))
      await deliver(deps, [id])
      expect((await readRow(id)).lastError).toBe('community_gone')
      expect(await accepted()).toEqual([])
    })
  })

  describe('is safe', () => {
    it.each([
      ['is in nobody’s signup', false],
      ['somebody typed into a signup, and nobody has proven', true],
    ])('greets without a name at an address that %s', async (_, isTyped) => {
      const { deps, accepted } = createWorld()
      const { id, invitee } = await queueInvitation()
      if (isTyped) await makeMember(invitee)
      else await db.delete(users).where(eq(users.id, invitee.ownerId))
      await deliver(deps, [id])
      const { text, html } = await sent(accepted)
      expect(text).toMatch(/^Hello,\n/)
      expect(text).toContain(OPEN_IT)
      expect(`${text}${html}`).not.toMatch(/Joy|Okafor|Elsewhere/)
    })

    it('greets nobody by a name that only the row knows', async () => {
      const { deps, accepted } = createWorld()
      const { id, invitee } = await queueInvitation()
      await db.update(outbox).set({ userId: invitee.ownerId }).where(eq(outbox.id, id))
      await deliver(deps, [id])
      expect((await sent(accepted)).text).toMatch(/^Hello,\n/)
    })

    it('says who may use it: what it says changes with the account while it waits', async () => {
      const { deps, time, accepted, setPlan } = createWorld('resend', '503')
      const { id, invitee } = await queueInvitation()
      await deliver(deps, [id])
      await verifyOwner(invitee)
      await makeMember(invitee)
      await setPlan('ok')
      time.now = START + HOUR
      await deliver(deps, [id])
      expect((await sent(accepted)).text).toContain(LOG_IN)
    })
  })
})

describe('the mails around a change of address', () => {
  describe('works', () => {
    it('the old address is told by name, with the link that undoes it and for how long', async () => {
      const { deps, accepted } = createWorld()
      const { id, link, community } = await queueLinkMail('email_change_notice', {
        expiresAt: START + 7 * DAY,
      })
      // The account has gone to the new address.
      const email = `new-${community.email}`
      await db
        .update(users)
        .set({ email, emailVerifiedAt: START })
        .where(eq(users.id, community.ownerId))
      await deliver(deps, [id])
      const [mail] = await accepted()
      expect(mail?.body.to).toEqual([community.email])
      expect(mail?.body.text).toContain(`\n${link}\n`)
      expect(link).toMatch(/^https:\/\/app\.example\/revert-email\?token=/)
      expect(mail?.body.text).toContain('works for 7 days')
      expect(mail?.body.text).toMatch(/^Hello Ada Lovelace,\n/)
      expect(mail?.body.text).not.toContain('new-')
    })

    it('who has the address that somebody wanted is told, with the moment and without a link', async () => {
      const { deps, time, accepted } = createWorld()
      const holder = await makeCommunity({ owner: 'Grace Hopper' })
      await verifyOwner(holder)
      const id = await queueMail(holder, 'email_change_taken')
      time.now = START + HOUR
      await deliver(deps, [id])
      const { text, html } = await sent(accepted)
      expect(text).toMatch(/^Hello Grace Hopper,\n/)
      expect(text).toContain('On October 1, 2026 at 12:00 UTC somebody')
      expect(html).not.toContain('href')
    })

    it('after an undo the address gets a link to set a password, as any account without one', async () => {
      const { deps, accepted } = createWorld()
      const { id, link } = await queueLinkMail('set_password')
      await deliver(deps, [id])
      const { text, subject } = await sent(accepted)
      expect(subject).toBe('Choose your password')
      expect(text).toContain(`\n${link}\n`)
    })
  })

  describe('is safe', () => {
    it('an address that its account has left is told no name of whoever wants it', async () => {
      const { deps, accepted } = createWorld()
      const asker = await makeCommunity({ owner: 'Mallory' })
      await verifyOwner(asker)
      const left = `left-${asker.email}`
      await deliver(deps, [await queueMail(asker, 'email_change_taken', { email: left })])
      const { text, html } = await sent(accepted)
      expect(text).toMatch(/^Hello,\n/)
      expect(`${text}${html}`).not.toMatch(/Mallory|Apex/)
    })

    it('takes nobody for a member because others are', async () => {
      const { deps, accepted } = createWorld()
      const { id, invitee } = await queueInvitation()
      await verifyOwner(invitee)
      const other = await makeCommunity()
      await verifyOwner(other)
      await makeMember(other)
      await deliver(deps, [id])
      expect((await sent(accepted)).text).toContain(OPEN_IT)
    })
  })
})
