import { and, eq } from 'drizzle-orm'
import { beforeEach, describe, expect, it } from 'vitest'
import { type MailTemplate, outbox } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { outboxMail } from '../../src/mail/outbox.ts'
import { underSendCaps } from '../../src/mail/send-caps.ts'
import { DAY, db, START } from './mail-world.ts'

let addressKey = ''

beforeEach(() => {
  addressKey = newId(START)
})

async function ask(template: MailTemplate, { lane = 'strangers', now = START } = {}) {
  const email = 'ada@people.example'
  await outboxMail(
    db,
    { id: newId(now), template, locale: 'en', email, addressKey, lane, createdAt: now },
    underSendCaps({ template, addressKey, lane, now }),
  )
}

async function askTimes(times: number, template: MailTemplate) {
  for (let i = 0; i < times; i++) await ask(template)
}

async function count(template: MailTemplate) {
  const rows = await db
    .select({ id: outbox.id })
    .from(outbox)
    .where(and(eq(outbox.addressKey, addressKey), eq(outbox.template, template)))
  return rows.length
}

/** What strangers may set off: five of a kind, and ten in all. */
const STRANGERS_MAILS = [
  'signup_confirmation',
  'signup_existing_account',
  'verify_email',
  'password_reset',
  'otp_code',
  'invitation',
  'email_change_code',
  'email_change_taken',
] as const

/** Ten mails that strangers set off: as many as may be. */
async function useUpTheTen() {
  await askTimes(5, 'verify_email')
  await askTimes(5, 'signup_confirmation')
}

describe('caps on mails to one address', () => {
  describe('works', () => {
    it('five warnings of a new device within 24 hours, and the next when those are over', async () => {
      await askTimes(6, 'new_device')
      expect(await count('new_device')).toBe(5)
      await ask('new_device', { now: START + DAY - 1 })
      expect(await count('new_device')).toBe(5)
      await ask('new_device', { now: START + DAY })
      expect(await count('new_device')).toBe(6)
    })

    it('one mail of a lock within 24 hours, and the next when those are over', async () => {
      await askTimes(2, 'account_locked')
      expect(await count('account_locked')).toBe(1)
      await ask('account_locked', { now: START + DAY - 1 })
      expect(await count('account_locked')).toBe(1)
      await ask('account_locked', { now: START + DAY })
      expect(await count('account_locked')).toBe(2)
      await ask('account_locked', { now: START + 2 * DAY - 1 })
      expect(await count('account_locked')).toBe(2)
    })

    it.each([
      'password_changed',
      'refresh_reused',
      'set_password',
      'email_change_notice',
      'community_under_review',
      'community_approved',
      'community_rejected',
      'community_suspended',
      'community_reinstated',
    ] as const)('%s always goes out, and counts for nothing', async (template) => {
      await useUpTheTen()
      await askTimes(11, template)
      expect(await count(template)).toBe(11)
      await ask('new_device')
      expect(await count('new_device')).toBe(1)
    })
  })

  describe('refuses', () => {
    it.each(STRANGERS_MAILS)('more than five %s', async (template) => {
      await askTimes(6, template)
      expect(await count(template)).toBe(5)
    })

    it.each(STRANGERS_MAILS)('%s as the eleventh of what strangers set off', async (template) => {
      const others = STRANGERS_MAILS.filter((one) => one !== template)
      for (const other of others.slice(0, 2)) await askTimes(5, other)
      await ask(template)
      expect(await count(template)).toBe(0)
      await ask(template, { now: START + DAY - 1 })
      expect(await count(template)).toBe(0)
      await ask(template, { now: START + DAY })
      expect(await count(template)).toBe(1)
    })
  })

  describe('is safe', () => {
    it.each([
      'new_device',
      'password_reset',
      'otp_code',
      'invitation',
      'email_change_code',
      'email_change_taken',
    ] as const)('exactly five of twenty %s that arrive together get through', async (template) => {
      await Promise.all(Array.from({ length: 20 }, () => ask(template)))
      expect(await count(template)).toBe(5)
    })

    it('exactly one of twenty mails of a lock that arrive together gets through', async () => {
      await Promise.all(Array.from({ length: 20 }, () => ask('account_locked')))
      expect(await count('account_locked')).toBe(1)
    })

    it('strangers who used up the ten hold no mail of a lock back', async () => {
      await useUpTheTen()
      await ask('account_locked')
      expect(await count('account_locked')).toBe(1)
    })

    it('strangers who used up the ten hold no warning of a new device back', async () => {
      await useUpTheTen()
      await Promise.all(Array.from({ length: 20 }, () => ask('new_device')))
      expect(await count('new_device')).toBe(5)
    })

    it('warnings of new devices and mails of locks leave the ten, and each other, alone', async () => {
      await askTimes(5, 'new_device')
      await ask('account_locked')
      expect([await count('new_device'), await count('account_locked')]).toEqual([5, 1])
      await useUpTheTen()
      expect((await count('verify_email')) + (await count('signup_confirmation'))).toBe(10)
    })

    it('somebody signed in has their own ten, whatever strangers have set off', async () => {
      await useUpTheTen()
      for (const template of ['otp_code', 'email_change_code', 'invitation'] as const) {
        for (let i = 0; i < 6; i++) await ask(template, { lane: 'known:me' })
      }
      expect([
        await count('otp_code'),
        await count('email_change_code'),
        await count('invitation'),
      ]).toEqual([5, 5, 0])
    })

    it('another lane of the address has its own five', async () => {
      await askTimes(6, 'new_device')
      await ask('new_device', { lane: 'known:device' })
      expect(await count('new_device')).toBe(6)
    })

    it('counts what was queued, whether or not it was ever sent', async () => {
      await ask('account_locked')
      await db
        .update(outbox)
        .set({ failedAt: START, lastError: 'gave_up' })
        .where(eq(outbox.addressKey, addressKey))
      await ask('account_locked')
      expect(await count('account_locked')).toBe(1)
    })
  })
})
