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

    it.each(['password_changed', 'refresh_reused', 'set_password'] as const)(
      '%s always goes out, and counts for nothing',
      async (template) => {
        await useUpTheTen()
        await askTimes(11, template)
        expect(await count(template)).toBe(11)
        await ask('new_device')
        expect(await count('new_device')).toBe(1)
      },
    )
  })

  describe('refuses', () => {
    it.each(['password_reset', 'otp_code'] as const)('more than five %s', async (template) => {
      await askTimes(6, template)
      expect(await count(template)).toBe(5)
    })

    it.each(['password_reset', 'otp_code'] as const)(
      '%s as the eleventh of what strangers set off',
      async (template) => {
        await useUpTheTen()
        await ask(template)
        expect(await count(template)).toBe(0)
      },
    )
  })

  describe('is safe', () => {
    it.each(['new_device', 'password_reset', 'otp_code'] as const)(
      'exactly five of twenty %s that arrive together get through',
      async (template) => {
        await Promise.all(Array.from({ length: 20 }, () => ask(template)))
        expect(await count(template)).toBe(5)
      },
    )

    it('strangers who used up the ten hold no warning of a new device back', async () => {
      await useUpTheTen()
      await Promise.all(Array.from({ length: 20 }, () => ask('new_device')))
      expect(await count('new_device')).toBe(5)
    })

    it('warnings of new devices leave the ten to the others', async () => {
      await askTimes(5, 'new_device')
      await useUpTheTen()
      expect((await count('verify_email')) + (await count('signup_confirmation'))).toBe(10)
    })

    it('another lane of the address has its own five', async () => {
      await askTimes(6, 'new_device')
      await ask('new_device', { lane: 'known:device' })
      expect(await count('new_device')).toBe(6)
    })
  })
})
