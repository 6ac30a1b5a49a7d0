import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/db/client.ts'
import { type MailTemplate, oneTimeTokens, sessions } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { createKeyRing } from '../../src/lib/key-ring.ts'
import { deriveLinkToken } from '../../src/lib/tokens.ts'
import { composeMail } from '../../src/mail/consumer-compose.ts'
import { deliverOutboxRow } from '../../src/mail/consumer-delivery.ts'
import { messageFor } from '../../src/mail/messages.ts'
import {
  LINK_TEMPLATES,
  queueCode,
  queueLinkMail,
  queueSetPassword,
  readToken,
  sent,
  WARNINGS,
} from './account-mails.ts'
import {
  createWorld,
  DAY,
  db,
  deliver,
  keys,
  MINUTE,
  makeCommunity,
  queueMail,
  readRow,
  START,
} from './mail-world.ts'

describe('mails about an account', () => {
  describe('is safe', () => {
    const DEAD: [string, () => Partial<typeof oneTimeTokens.$inferInsert>][] = [
      ['expired', () => ({ expiresAt: START })],
      ['used', () => ({ usedAt: START })],
      ['withdrawn', () => ({ withdrawnAt: START })],
      ['retired', () => ({ keyVersion: 9 })],
      ['gone', () => ({ id: newId(START) })],
    ]
    const warnings = WARNINGS.flatMap((template) =>
      DEAD.map(([what, token]) => [template, what, token] as const),
    )

    it.each(warnings)(
      '%s goes out even where its link is %s, without it',
      async (template, _, token) => {
        const { deps, accepted } = createWorld()
        const { id, tokenId, link } = await queueLinkMail(template)
        await db.update(oneTimeTokens).set(token()).where(eq(oneTimeTokens.id, tokenId))
        expect(await deliver(deps, [id])).toEqual(['acked'])
        const { text, html } = await sent(accepted)
        expect(text).toContain('For a new password, choose “forgot password” on the login page.')
        expect(text).not.toContain(link)
        expect(html).not.toContain('href')
      },
    )

    it.each([
      ['refresh_reused', 'We ended all your sessions'],
      ['account_locked', 'Your account is locked'],
    ] as const)('%s goes out where nobody made a token for it', async (template, subject) => {
      const { deps, accepted } = createWorld()
      await deliver(deps, [await queueMail(await makeCommunity(), template)])
      expect((await accepted())[0]?.body.subject).toBe(subject)
    })

    it('the link of one purpose is no link of another', async () => {
      const { deps, accepted } = createWorld()
      const { id, tokenId } = await queueLinkMail('new_device')
      await deliver(deps, [id])
      const { text } = await sent(accepted)
      for (const purpose of [
        'reset_password',
        'verify_email',
        'revert_email',
        'magic_link',
        'invitation',
      ] as const) {
        expect(text).not.toContain(deriveLinkToken(keys, `link.${purpose}`, tokenId, 1))
      }
    })

    it('the same row gives the same bytes, whenever and however often it is composed', async () => {
      const { deps } = createWorld()
      const templates: [MailTemplate, string][] = [
        ['otp_code', (await queueCode()).id],
        ['password_changed', await queueMail(await makeCommunity(), 'password_changed')],
        ['set_password', (await queueSetPassword()).id],
      ]
      for (const name of LINK_TEMPLATES) templates.push([name, (await queueLinkMail(name)).id])
      for (const [template, id] of templates) {
        const row = await readRow(id)
        const first = await composeMail(deps, row, START)
        expect(first).toMatchObject({ mail: { id, template } })
        expect(await composeMail(deps, row, START + 2 * MINUTE)).toEqual(first)
      }
    })

    it('set_password keeps its link when AUTH_SECRETS rotates between two attempts', async () => {
      const { deps } = createWorld()
      const row = await readRow((await queueSetPassword()).id)
      const first = await composeMail(deps, row, START)
      const rotated = createKeyRing([
        { version: 2, secret: new Uint8Array(32).fill(8) },
        { version: 1, secret: new Uint8Array(32).fill(7) },
      ])
      expect(await composeMail({ ...deps, keys: rotated }, row, START + MINUTE)).toEqual(first)
      expect(await readToken(row.id)).toMatchObject({ keyVersion: 1, createdAt: START })
    })

    it('set_password is one token and one link, also when twenty compose it at once', async () => {
      const { deps } = createWorld()
      const row = await readRow((await queueSetPassword()).id)
      const mails = await Promise.all(
        Array.from({ length: 20 }, (_, i) => composeMail(deps, row, START + i * 1000)),
      )
      expect(new Set(mails.map((mail) => JSON.stringify(mail))).size).toBe(1)
      const rows = await db
        .select()
        .from(oneTimeTokens)
        .where(eq(oneTimeTokens.userId, row.userId ?? ''))
      expect(rows).toHaveLength(1)
    })

    it('set_password with a token of its own makes no other', async () => {
      const { deps } = createWorld()
      const { id } = await queueLinkMail('set_password')
      await deliver(deps, [id])
      expect(await readToken(id)).toBeUndefined()
    })

    it('neither row, token, message nor log ever holds link or code', async () => {
      const { deps, lines } = createWorld('resend', '503')
      const [reset, otp, admin] = [
        await queueLinkMail('password_reset'),
        await queueCode(),
        await queueSetPassword(),
      ]
      const ids = [reset.id, otp.id, admin.id]
      await deliver(deps, ids)
      const stored = JSON.stringify([
        await Promise.all(ids.map(readRow)),
        await readToken(reset.tokenId),
        await readToken(admin.id),
        ids.map(messageFor),
        lines,
      ])
      expect(stored).not.toContain(reset.tokenSecret)
      expect(stored).not.toContain(deriveLinkToken(keys, 'link.reset_password', admin.id, 1))
      expect(stored).not.toMatch(new RegExp(`\\b${otp.code}\\b`))
    })

    it('a hostile city and browser reach the mailbox as text without links', async () => {
      const { deps, accepted } = createWorld()
      const { id, sessionId, link } = await queueLinkMail('new_device')
      await db
        .update(sessions)
        .set({ city: 'see https://evil.com\r\nBcc: x', userAgent: '<script>evil.com</script>' })
        .where(eq(sessions.id, sessionId))
      await deliver(deps, [id])
      const { text, html, subject } = await sent(accepted)
      expect(text).toContain('Place (estimated): see evil·com Bcc: x, Nepal\n')
      expect(`${text}${html}${subject}`).not.toMatch(/evil\.com|<script/)
      expect(html.match(/href="[^"]*"/g)).toEqual([`href="${link}"`, `href="${link}"`])
    })

    it('costs three round trips a mail, one more where it makes the token', async () => {
      const { deps } = createWorld()
      for (const [id, roundTrips] of [
        [(await queueLinkMail('new_device')).id, 3],
        [(await queueSetPassword()).id, 4],
      ] as const) {
        const costs = { roundTrips: 0 }
        await deliverOutboxRow({ ...deps, db: createDatabase(env.DB, costs) }, id)
        expect(costs.roundTrips).toBe(roundTrips)
      }
    })

    it('a warning that waited a day for its provider is given up, as every mail', async () => {
      const { deps, time } = createWorld('resend', '503')
      for (const template of WARNINGS) {
        time.now = START
        const { id } = await queueLinkMail(template)
        time.now = START + DAY
        await deliver(deps, [id])
        expect((await readRow(id)).lastError).toBe('gave_up')
      }
    })
  })
})
