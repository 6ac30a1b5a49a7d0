import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { communities, devMails, oneTimeTokens, sessions } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { deriveLinkToken, hashSecret } from '../../src/lib/tokens.ts'
import {
  LINK_TEMPLATES,
  PURPOSES,
  queueCode,
  queueLinkMail,
  queueSetPassword,
  readToken,
  sent,
} from './account-mails.ts'
import {
  createWorld,
  db,
  deliver,
  HOUR,
  keys,
  keysAfterRetirement,
  MINUTE,
  makeCommunity,
  queueMail,
  readRow,
  START,
} from './mail-world.ts'

describe('mails about an account', () => {
  describe('works', () => {
    it.each(LINK_TEMPLATES)(
      'sends %s with the link of its token and its lifetime',
      async (name) => {
        const { deps, accepted } = createWorld()
        const { id, link, community } = await queueLinkMail(name)
        expect(await deliver(deps, [id])).toEqual(['acked'])
        const [mail] = await accepted()
        expect(mail?.body.to).toEqual([community.email])
        expect(mail?.body.text).toContain(`\n${link}\n`)
        expect(mail?.body.html).toContain(`href="${link}"`)
        expect(mail?.body.text).toContain('works for 1 hour')
        expect(mail?.body.text).toContain('Hello Ada Lovelace,')
      },
    )

    it('speaks the language of the row', async () => {
      const { deps, accepted } = createWorld()
      const ids: string[] = []
      for (const name of LINK_TEMPLATES) {
        ids.push((await queueLinkMail(name, {}, { locale: 'zh' })).id)
      }
      ids.push((await queueCode({ locale: 'zh' })).id)
      ids.push(await queueMail(await makeCommunity(), 'password_changed', { locale: 'zh' }))
      await deliver(deps, ids)
      const mails = await accepted()
      expect(mails).toHaveLength(LINK_TEMPLATES.length + 2)
      for (const { body } of mails) expect(body.text).toMatch(/Ada Lovelace，您好：/)
    })

    it('sends them whatever became of the community, or where there is none', async () => {
      const { deps, accepted } = createWorld()
      const ids: string[] = []
      for (const name of LINK_TEMPLATES) {
        const { id, community } = await queueLinkMail(name)
        await db
          .update(communities)
          .set({ isDeleted: true })
          .where(eq(communities.id, community.id))
        ids.push(id, (await queueLinkMail(name, {}, { communityId: null })).id)
      }
      ids.push((await queueCode({ communityId: null })).id)
      ids.push(await queueMail(await makeCommunity(), 'password_changed', { communityId: null }))
      await deliver(deps, ids)
      expect(await accepted()).toHaveLength(2 * LINK_TEMPLATES.length + 2)
    })

    it.each(['password_changed', 'refresh_reused', 'account_locked'] as const)(
      '%s tells when it happened, not when the mail was sent',
      async (template) => {
        const { deps, time, accepted } = createWorld()
        const id = await queueMail(await makeCommunity(), template)
        time.now = START + 3 * HOUR
        await deliver(deps, [id])
        expect((await accepted())[0]?.body.text).toContain('October 1, 2026 at 12:00 UTC')
      },
    )

    it('tells device, place and time of the session', async () => {
      const { deps, accepted } = createWorld()
      const { id, sessionId } = await queueLinkMail('new_device')
      const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
      await db.update(sessions).set({ userAgent }).where(eq(sessions.id, sessionId))
      await deliver(deps, [id])
      expect((await accepted())[0]?.body.text).toContain(
        'Device: Firefox on Linux\nPlace (estimated): Kathmandu, Nepal\nTime: October 1, 2026 at 12:30 UTC\n',
      )
    })

    it('tells of a new device even where its session is gone', async () => {
      const { deps, accepted } = createWorld()
      const { id, sessionId, link } = await queueLinkMail('new_device')
      await db.delete(sessions).where(eq(sessions.id, sessionId))
      await deliver(deps, [id])
      const { text } = await sent(accepted)
      expect(text).toContain(
        'Device: unknown\nPlace (estimated): unknown\nTime: October 1, 2026 at 12:00 UTC\n',
      )
      expect(text).toContain(link)
    })

    it('sends the code of the challenge and its lifetime', async () => {
      const { deps, accepted } = createWorld()
      const { id, code } = await queueCode()
      await deliver(deps, [id])
      const { text, html, subject } = await sent(accepted)
      expect(code).toMatch(/^\d{6}$/)
      expect(text).toContain(`\n${code}\n`)
      expect(html).toContain(`>${code}<`)
      expect(text).toContain('5 minutes')
      expect(subject).toBe('Your confirmation code')
    })

    it('keeps code and link apart for the local inbox', async () => {
      const { deps } = createWorld('dev')
      const [otp, reset] = [await queueCode(), await queueLinkMail('password_reset')]
      await deliver(deps, [otp.id, reset.id])
      const kept = async (id: string) =>
        (await db.select().from(devMails).where(eq(devMails.id, id)))[0]
      expect(await kept(otp.id)).toMatchObject({ code: otp.code, link: null })
      expect(await kept(reset.id)).toMatchObject({ code: null, link: reset.link })
    })

    it('makes the token of a set_password mail that came without one, good for an hour from then', async () => {
      const { deps, time, accepted } = createWorld()
      const { id, community } = await queueSetPassword()
      time.now = START + 5 * HOUR
      await deliver(deps, [id])
      const secret = deriveLinkToken(keys, 'link.reset_password', id, 1) ?? ''
      const { text } = await sent(accepted)
      expect(text).toContain(`https://app.example/reset-password?token=${secret}\n`)
      expect(text).toContain('1 hour')
      expect(await readToken(id)).toMatchObject({
        purpose: 'reset_password',
        keyVersion: 1,
        tokenHash: hashSecret(secret),
        userId: community.ownerId,
        email: community.email,
        createdAt: time.now,
        expiresAt: time.now + HOUR,
        usedAt: null,
      })
    })
  })

  describe('refuses', () => {
    const DEAD: [string, Partial<typeof oneTimeTokens.$inferInsert>][] = [
      ['expired', { expiresAt: START }],
      ['token_used', { usedAt: START }],
      ['token_withdrawn', { withdrawnAt: START }],
      ['key_retired', { keyVersion: 9 }],
      ['token_missing', { id: newId(START) }],
      ['token_missing', { purpose: 'verify_email' }],
    ]
    const dead = (
      ['password_reset', 'set_password', 'new_device', 'email_change_notice'] as const
    ).flatMap((template) => DEAD.map(([reason, token]) => [template, reason, token] as const))

    it.each(dead)('to send %s whose link is of no use: %s %j', async (template, reason, token) => {
      const { deps, accepted } = createWorld()
      const { id, tokenId } = await queueLinkMail(template, { purpose: PURPOSES[template] })
      await db
        .update(oneTimeTokens)
        .set('id' in token ? { id: newId(START) } : token)
        .where(eq(oneTimeTokens.id, tokenId))
      expect(await deliver(deps, [id])).toEqual(['acked'])
      expect(await accepted()).toEqual([])
      expect((await readRow(id)).lastError).toBe(reason)
    })

    it('to send a code that is over', async () => {
      const { deps, time, accepted } = createWorld()
      const { id } = await queueCode()
      time.now = START + 5 * MINUTE
      await deliver(deps, [id])
      expect((await readRow(id)).lastError).toBe('expired')
      expect(await accepted()).toEqual([])
    })

    it('to send a code that cannot be derived, or whose end nobody knows', async () => {
      const { deps, accepted } = createWorld()
      const { id: retired } = await queueCode()
      await deliver({ ...deps, keys: keysAfterRetirement }, [retired])
      const unreadable = [
        (await queueCode({ payload: {} })).id,
        (await queueCode({ payload: { challengeId: newId(START) } })).id,
        (await queueCode({ payload: { keyVersion: 1 } })).id,
        (await queueCode({ expiresAt: null })).id,
      ]
      await deliver(deps, unreadable)
      expect((await readRow(retired)).lastError).toBe('key_retired')
      for (const id of unreadable) expect((await readRow(id)).lastError).toBe('unreadable')
      expect(await accepted()).toEqual([])
    })

    it('to send a set_password link a second time once it was used', async () => {
      const { deps, setPlan, time, accepted } = createWorld('resend', '503')
      const { id } = await queueSetPassword()
      await deliver(deps, [id])
      await db.update(oneTimeTokens).set({ usedAt: START }).where(eq(oneTimeTokens.id, id))
      await setPlan('ok')
      time.now = START + MINUTE
      await deliver(deps, [id])
      expect((await readRow(id)).lastError).toBe('token_used')
      expect(await accepted()).toEqual([])
    })
  })
})
