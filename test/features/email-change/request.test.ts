import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { deriveCode } from '../../../src/lib/tokens.ts'
import { admin, db, ownerIn, PASSWORD, signedUp } from '../../factories.ts'
import { addressHere, mailedCode } from '../../mailbox-client.ts'
import { me, openSession, outboxOf, userRow } from '../../session-client.ts'
import { call, expectStatus } from '../../support/call.ts'
import { expectAlike, observe } from '../../support/differ.ts'
import { newDomain, put } from '../email-domains/domain-client.ts'
import {
  askForCode,
  auditRowsOf,
  costOf,
  inboxOf,
  keys,
  later,
  mailsOf,
  signedIn,
  WRONG,
} from '../passwords/password-client.ts'
import { ask, confirm, DAY, moved, postEmail, requestsOf } from './change-client.ts'

const PATH = '/api/v1/account/email'

describe('POST /api/v1/account/email', () => {
  describe('works', () => {
    it('says for how long the code lives, and mails it to the new address alone', async () => {
      const { email, session } = await signedIn()
      const newEmail = addressHere()
      const before = await outboxOf(email)
      const answer = await ask(session, newEmail)
      expectStatus(answer, 202)
      expect(answer.json).toEqual({
        success: true,
        message: expect.any(String),
        data: { expiresIn: 300 },
      })
      const [mail, ...others] = await inboxOf(newEmail)
      expect(others).toEqual([])
      expect(mail).toMatchObject({ template: 'email_change_code', link: null })
      expect(mail?.code).toMatch(/^\d{6}$/)
      expect(await outboxOf(email)).toEqual(before)
      expect(answer.text).not.toContain(mail?.code)
    })

    it('changes nothing by itself: the old address logs in, the new one has no account', async () => {
      const { email, session } = await signedIn()
      const newEmail = addressHere()
      expectStatus(await ask(session, newEmail), 202)
      expect((await me(session.accessToken)).data.user).toMatchObject({ email })
      await openSession({ email, password: PASSWORD })
      expect(await db.select().from(users).where(eq(users.email, newEmail))).toEqual([])
    })

    it.each(['en', 'zh'] as const)(
      'writes to a mailbox that may be a stranger’s: no name, in the language of who asks (%s)',
      async (locale) => {
        const { email, session } = await signedIn()
        await db.update(users).set({ locale }).where(eq(users.email, email))
        const newEmail = addressHere()
        expectStatus(await ask(session, newEmail), 202)
        const [mail] = await inboxOf(newEmail)
        expect(mail).toMatchObject({ template: 'email_change_code', locale })
        const { fullName } = await userRow(email)
        for (const word of [fullName, ...fullName.split(' '), email]) {
          expect(`${mail?.subject} ${mail?.text} ${mail?.html}`).not.toContain(word)
        }
      },
    )

    it('takes a mailed code in place of the password', async () => {
      const { email, session } = await signedIn()
      expectStatus(await askForCode(session), 202)
      const [newEmail, code] = [addressHere(), await mailedCode(email)]
      expectStatus(await postEmail(session, { newEmail, code }), 202)
      expect(await mailsOf(newEmail, 'email_change_code')).toHaveLength(1)
      const again = await postEmail(session, { newEmail: addressHere(), code })
      expectStatus(again, 400, 'code_invalid')
    })

    it('for a person without a password by a code alone', async () => {
      const { email, session } = await signedIn()
      await db.update(users).set({ passwordHash: null }).where(eq(users.email, email))
      expectStatus(await ask(session, addressHere()), 403, 'wrong_password')
      expectStatus(await askForCode(session), 202)
      const body = { newEmail: addressHere(), code: await mailedCode(email) }
      expectStatus(await postEmail(session, body), 202)
    })

    it('takes the address as it is compared: trimmed, in small letters', async () => {
      const { session } = await signedIn()
      const newEmail = addressHere()
      expectStatus(await ask(session, ` ${newEmail.toUpperCase()} `), 202)
      expect(await requestsOf(session.userId)).toMatchObject([{ email: newEmail }])
    })

    it('is on record, without either address', async () => {
      const { email, session } = await signedIn()
      const newEmail = addressHere()
      const answer = await ask(session, newEmail, { ip: '198.51.100.12' })
      const rows = await auditRowsOf(session.userId, 'email_change_requested')
      expect(rows).toMatchObject([
        {
          actorId: session.userId,
          ip: '198.51.100.12',
          requestId: answer.headers.get('X-Request-Id'),
          details: { sessionId: session.id },
        },
      ])
      expect(JSON.stringify(rows)).not.toContain(email)
      expect(JSON.stringify(rows)).not.toContain(newEmail)
    })

    it('costs the session, a look at what stands in the way, the password and the write', async () => {
      const { session } = await signedIn()
      expect(costOf(await ask(session, addressHere()))).toBe('d1 4, do 3, hash 1')
    })
  })

  describe('an address that belongs to somebody', () => {
    it('answers alike and does the same, whoever has it', async () => {
      const takers = {
        'an account': (await ownerIn('active')).email,
        'an admin': (await admin()).email,
        'the owner of a suspended community': (await ownerIn('suspended')).email,
        'somebody who left it': await leftAddress(),
      }
      const free = await observed(addressHere())
      expectStatus(free.answer, 202)
      for (const newEmail of Object.values(takers)) expectAlike([await observed(newEmail)], [free])
    })

    it('and so does one of which only an unproven signup is known, which is free', async () => {
      const { email } = await signedUp()
      expectAlike([await observed(email)], [await observed(addressHere())])
      expect(await mailsOf(email, 'email_change_code')).toHaveLength(1)
    })

    it('tells its owner, in the owner’s language, without a code', async () => {
      const [{ session }, owner] = [await signedIn(), await ownerIn('active')]
      await db.update(users).set({ locale: 'zh' }).where(eq(users.email, owner.email))
      expectStatus(await ask(session, owner.email), 202)
      const [mail, ...others] = await inboxOf(owner.email, 'email_change_taken')
      expect(others).toEqual([])
      expect(mail).toMatchObject({ locale: 'zh', code: null, link: null })
      expect(await mailsOf(owner.email, 'email_change_code')).toEqual([])
    })

    it('names nobody who asked to its owner', async () => {
      const [asker, owner] = [await signedIn(), await ownerIn('active')]
      await db.update(users).set({ fullName: 'Quirin Xanthos' }).where(eq(users.email, asker.email))
      expectStatus(await ask(asker.session, owner.email), 202)
      const [mail] = await inboxOf(owner.email, 'email_change_taken')
      expect(`${mail?.subject} ${mail?.text} ${mail?.html}`).not.toMatch(/Quirin|Xanthos/)
      expect(mail?.text).not.toContain(asker.email)
    })

    it('gives nobody a code that works', async () => {
      const [{ email, session }, owner] = [await signedIn(), await ownerIn('active')]
      expectStatus(await ask(session, owner.email), 202)
      const [row] = await requestsOf(session.userId)
      // What the mail would have carried, had one gone out.
      const code = deriveCode(keys, row?.id ?? '', keys.signingVersion)
      expectStatus(await confirm(session, code), 409, 'account_exists')
      expect((await me(session.accessToken)).data.user).toMatchObject({ email })
      expect((await userRow(owner.email)).id).not.toBe(session.userId)
    })

    it('one that somebody left is told so while its undo link lives, and free after it', async () => {
      const left = await leftAddress()
      const { session } = await signedIn()
      expectStatus(await ask(session, left), 202)
      expect(await mailsOf(left, 'email_change_taken')).toHaveLength(1)
      expect(await mailsOf(left, 'email_change_code')).toEqual([])
      await later(7 * DAY, async () => {
        const person = await signedIn()
        expectStatus(await ask(person.session, left), 202)
        const code = await mailedCode(left, 'email_change_code')
        expectStatus(await confirm(person.session, code), 200)
      })
    })

    it('one’s own old address too: its link is the way back', async () => {
      const person = await signedIn()
      await moved(person, person.email)
      expectStatus(await ask(person.session, person.email), 202)
      expect(await mailsOf(person.email, 'email_change_taken')).toHaveLength(1)
      expect(await mailsOf(person.email, 'email_change_code')).toEqual([])
    })
  })

  describe('refuses', () => {
    it('the address that one has already, however it is spelt', async () => {
      const { email, session } = await signedIn()
      for (const newEmail of [email, email.toUpperCase(), ` ${email} `]) {
        const answer = await ask(session, newEmail)
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({ newEmail: expect.any(String) })
      }
      expect(await requestsOf(session.userId)).toEqual([])
    })

    it('an address at a domain that is denied, and counts nothing', async () => {
      const { session } = await signedIn()
      const domain = newDomain()
      expectStatus(await put(domain, 'deny', { token: (await admin()).token }), 200)
      for (let n = 0; n < 6; n++) {
        const answer = await ask(session, `mira@${domain}`)
        expectStatus(answer, 400, 'email_rejected')
        expect(answer.json.errors).toEqual({ newEmail: expect.any(String) })
      }
      expect(await outboxOf(`mira@${domain}`)).toEqual([])
      expectStatus(await ask(session, addressHere()), 202)
    })

    const odd: unknown[] = [
      '',
      ' ',
      null,
      undefined,
      0,
      {},
      [],
      ['mira@apex.example'],
      ['mira@apex.example', 'eve@evil.example'],
      'mira@apex.example,eve@evil.example',
      'mira@apex.example;eve@evil.example',
      'mira@apex.example eve@evil.example',
      'mira@apex.example\neve@evil.example',
      'mira@apex.example\r\nBcc: eve@evil.example',
      'Mira <mira@apex.example>',
      '"eve@evil.example x"@apex.example',
      'mira＠apex.example',
      'mira@apex。example',
      'mıke@apex.example',
      'miſe@apex.example',
      'mi\u212Ae@apex.example',
      'mira@ape\u212A.example',
      'mira@localhost',
      'mira@127.0.0.1',
      `${'x'.repeat(250)}@apex.example`,
    ]
    it('anything but one plain address, and mails nobody', async () => {
      const { session } = await signedIn()
      for (const newEmail of odd) {
        const answer = await postEmail(session, { newEmail, password: PASSWORD })
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors, String(newEmail)).toEqual({ newEmail: expect.any(String) })
      }
      expect(await requestsOf(session.userId)).toEqual([])
    })

    it('a second address under another name: the one field counts, and once', async () => {
      const { session } = await signedIn()
      const [newEmail, other] = [addressHere(), addressHere()]
      const body = { newEmail, email: other, 'newEmail[]': other, userId: 'x', password: PASSWORD }
      expectStatus(await postEmail(session, body), 202)
      expect(await outboxOf(other)).toEqual([])
      expect(await requestsOf(session.userId)).toMatchObject([{ email: newEmail }])
    })

    it('both proofs, and none', async () => {
      const { email, session } = await signedIn()
      expectStatus(await askForCode(session), 202)
      const code = await mailedCode(email)
      const newEmail = addressHere()
      for (const proof of [{}, { password: PASSWORD, code }, { currentPassword: PASSWORD }]) {
        const answer = await postEmail(session, { newEmail, ...proof })
        expectStatus(answer, 422, 'validation_failed')
      }
      expect(await outboxOf(newEmail)).toEqual([])
      // The code was not touched.
      expectStatus(await postEmail(session, { newEmail, code }), 202)
    })

    it('a wrong password: 403, never 401, and no mail', async () => {
      const { session } = await signedIn()
      const newEmail = addressHere()
      expectStatus(await postEmail(session, { newEmail, password: WRONG }), 403, 'wrong_password')
      expect(await outboxOf(newEmail)).toEqual([])
      expect(await requestsOf(session.userId)).toEqual([])
    })

    it('whoever is not signed in, and a cookie without its CSRF token', async () => {
      const person = await ownerIn('active')
      const body = { newEmail: addressHere(), password: PASSWORD }
      expectStatus(await call(PATH, { body }), 401, 'unauthenticated')
      const session = await openSession(person, { transport: 'cookie' })
      const headers = { Cookie: session.cookie }
      expectStatus(await call(PATH, { body, headers }), 403, 'csrf_failed')
      const withToken = { ...headers, 'X-CSRF-Token': session.csrfToken }
      expectStatus(await call(PATH, { body, headers: withToken }), 202)
    })
  })
})

/** An address that an account has moved away from just now. */
async function leftAddress(): Promise<string> {
  const person = await signedIn()
  await moved(person, person.email)
  return person.email
}

/** What a person who has asked for nothing yet is answered, with the work behind it. */
async function observed(newEmail: string) {
  const { session } = await signedIn()
  const body = { newEmail, password: PASSWORD }
  return observe(PATH, { token: session.accessToken, body, own: [newEmail], env })
}
