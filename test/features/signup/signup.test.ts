import { and, eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { auditLogs, memberships, outbox, users } from '../../../src/db/schema/index.ts'
import {
  communityRow,
  db,
  PASSWORD,
  postLogin,
  postSignup,
  signedUp,
  signupForm,
  unique,
} from '../../factories.ts'
import { expectStatus } from '../../support/call.ts'
import { pngOf } from '../../support/png.ts'

const ownerRow = async (email: string) =>
  (await db.select().from(users).where(eq(users.email, email)))[0]
const mailsTo = (email: string) => db.select().from(outbox).where(eq(outbox.email, email))

describe('POST /api/v1/auth/signup-community', () => {
  describe('works', () => {
    it('takes the body of the existing web form as it is, superAdmin and a 2 MiB logo in it', async () => {
      const logo = await pngOf(2 * 1024 * 1024)
      const form = signupForm({ communityLogo: logo.dataUrl })
      const answer = await postSignup(form)
      expectStatus(answer, 201)
      expect(answer.json.success).toBe(true)
      expect(answer.data).toEqual({
        communityId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        slug: form.communityName.toLowerCase().replace(' ', '-'),
        status: 'pending',
      })
      const row = await communityRow(String(answer.data.communityId))
      expect(row).toMatchObject({
        name: form.communityName,
        bio: form.communityBio,
        officialEmail: form.officialEmail,
        contactPhone: '+919876543210',
        website: form.communityWebsite,
        domain: form.communityWebsite.replace('https://www.', '').replace('/about', ''),
        socialLinks: { linkedin: form.socialLinks.linkedin },
        status: 'pending',
        version: 1,
        isDeleted: false,
      })
      expect(row?.logo).toMatch(/^logos\/\d{4}-\d\d-\d\d\/[0-9a-f]{32}$/)
    })

    it('makes an unverified owner with a hashed password, whatever permissions the form asks for', async () => {
      const form = signupForm()
      const { data } = await postSignup(form)
      const owner = await ownerRow(form.email)
      expect(owner).toMatchObject({
        fullName: 'Mira Rao',
        emailVerifiedAt: null,
        communityId: data.communityId,
        disabledAt: null,
      })
      expect(owner?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1/)
      expect(owner?.acceptedTermsAt).toBeGreaterThan(0)
      expect(JSON.stringify(owner)).not.toContain('superAdmin')
      const roles = await db
        .select()
        .from(memberships)
        .where(eq(memberships.userId, String(owner?.id)))
      expect(roles.map(({ role, communityId }) => ({ role, communityId }))).toEqual([
        { role: 'CommunityOwner', communityId: data.communityId },
      ])
    })

    it('queues one confirmation mail and writes the audit rows', async () => {
      const { communityId, email } = await signedUp()
      const mails = await mailsTo(email)
      expect(mails.map(({ template, communityId }) => ({ template, communityId }))).toEqual([
        { template: 'signup_confirmation', communityId },
      ])
      const rows = await db.select().from(auditLogs).where(eq(auditLogs.communityId, communityId))
      expect(rows.map(({ action }) => action).sort()).toEqual(['community_signup', 'user_created'])
      expect(rows[0]?.requestId).toMatch(/^[0-9a-f-]{36}$/)
    })

    it('takes the least that is required', async () => {
      const name = unique()
      const answer = await postSignup({
        communityName: `Least ${name}`,
        communityBio: 'Ten or more characters.',
        country: 'NP',
        city: 'Pokhara',
        officialEmail: `office@${name}.example`,
        email: `ann@${name}.example`,
        fullName: 'Ann',
        password: PASSWORD,
      })
      expectStatus(answer, 201)
      expect(await communityRow(String(answer.data.communityId))).toMatchObject({
        website: null,
        domain: null,
        logo: null,
        contactPhone: null,
      })
    })

    it('takes a bare domain as https and keeps the time zone and language that the form names', async () => {
      const name = unique()
      const form = {
        ...signupForm({ communityWebsite: `${name}.example` }),
        timezone: 'Asia/Kolkata',
        locale: 'zh-CN',
      }
      const answer = await postSignup(form)
      expectStatus(answer, 201)
      expect(await communityRow(String(answer.data.communityId))).toMatchObject({
        website: `https://${name}.example/`,
        timezone: 'Asia/Kolkata',
      })
      expect((await ownerRow(form.email))?.locale).toBe('zh')
    })

    it('speaks the language that the browser asks for where the form names none', async () => {
      const form = signupForm()
      await postSignup(form, { headers: { 'Accept-Language': 'zh-TW,zh;q=0.9,en;q=0.1' } })
      expect((await mailsTo(form.email))[0]?.locale).toBe('zh')
    })

    it('counts an address as one, however it is written', async () => {
      const form = signupForm()
      await postSignup({ ...form, email: `  ${form.email.toUpperCase()} ` })
      expect(await ownerRow(form.email)).toBeDefined()
    })

    it('gives numbered slugs to names that differ in more than case and accents', async () => {
      const name = unique()
      const slugs: unknown[] = []
      for (const mark of ['', '!', '?']) {
        slugs.push((await signedUp({ communityName: `Apex ${name}${mark}` })).slug)
      }
      expect(slugs).toEqual([`apex-${name}`, `apex-${name}-1`, `apex-${name}-2`])
    })

    it('steps over a slug that somebody has as a name', async () => {
      const name = unique()
      await signedUp({ communityName: `Apex ${name} 1` })
      await signedUp({ communityName: `Apex ${name}` })
      expect((await signedUp({ communityName: `Apex ${name}.` })).slug).toBe(`apex-${name}-2`)
    })

    it('gives reserved words a number and names without Latin letters the word community', async () => {
      expect((await signedUp({ communityName: 'Admin' })).slug).toBe('admin-1')
      expect((await signedUp({ communityName: '社区' })).slug).toBe('community')
      expect((await signedUp({ communityName: 'コミュニティ' })).slug).toBe('community-1')
    })

    it('never gives a slug that looks like an id', async () => {
      const { slug } = await signedUp({ communityName: '01890a5d-ac96-774b-bcce-b302099a8057' })
      expect(slug).toBe('01890a5d-ac96-774b-bcce-b302099a8057-1')
    })

    it('costs two round trips to the database and two to limiters', async () => {
      const answer = await postSignup(signupForm())
      expect(answer.headers.get('Server-Timing')).toMatch(
        /^d1;desc="2", do;desc="2", hash;desc="1"/,
      )
    })
  })

  describe('refuses', () => {
    it.each([
      ['communityName', undefined, 'The community name is required.'],
      ['communityName', 'A', 'The community name needs at least 2 characters.'],
      ['communityName', 'x'.repeat(101), 'The community name can have at most 100 characters.'],
      [
        'communityName',
        'Evil\u202eName',
        'The community name contains characters that cannot be used.',
      ],
      ['communityName', 'Nul\0', 'The community name contains characters that cannot be used.'],
      [
        'communityBio',
        'Too short',
        'The description of your community needs at least 10 characters.',
      ],
      [
        'communityBio',
        'x'.repeat(1001),
        'The description of your community can have at most 1,000 characters.',
      ],
      [
        'communityLogo',
        'https://example.org/logo.png',
        'The logo must be a PNG, JPEG or WebP picture that does not move.',
      ],
      [
        'communityLogo',
        `data:image/png;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg"/>')}`,
        'The logo must be a PNG, JPEG or WebP picture that does not move.',
      ],
      [
        'communityLogo',
        `data:image/svg+xml;base64,${btoa('<svg/>')}`,
        'The logo must be a PNG, JPEG or WebP picture that does not move.',
      ],
      [
        'communityWebsite',
        'javascript:alert(1)',
        'Enter the full address of your website, like https://example.org.',
      ],
      [
        'communityWebsite',
        '//evil',
        'Enter the full address of your website, like https://example.org.',
      ],
      [
        'communityWebsite',
        'http://127.0.0.1/',
        'Enter the full address of your website, like https://example.org.',
      ],
      ['country', '', 'The country is required.'],
      ['city', undefined, 'The city is required.'],
      ['officialEmail', 'not an address', 'This is not an email address that we can write to.'],
      ['officialEmail', '', "Enter your community's official email address."],
      ['email', 'a@b.example,c@d.example', 'This is not an email address that we can write to.'],
      ['email', ['a@b.example'], 'Enter your email address.'],
      ['email', undefined, 'Enter your email address.'],
      [
        'phoneNumber',
        'call me',
        'Enter the phone number with its country code, like +44 20 7946 0000.',
      ],
      [
        'socialLinks',
        { github: 'javascript:alert(1)' },
        'Enter the full github link, starting with https://.',
      ],
      ['socialLinks', 'none', 'Send the social links as an object.'],
      ['firstName', 'x'.repeat(101), 'The first name can have at most 100 characters.'],
      ['password', undefined, 'Choose a password.'],
      ['confirmPassword', 'another', 'The two passwords differ.'],
      ['skills', 'Events', 'Send skills as a list.'],
      ['skills', new Array(51).fill('x'), 'skills can have at most 50 entries.'],
      ['permissions', 'all', 'Send the permissions as an object of true and false.'],
      ['acceptTerms', false, 'Please accept the terms to sign up.'],
      ['timezone', 'Mars/Olympus', 'Use an IANA time zone, like Europe/Paris.'],
    ])('says what is wrong with %s = %j', async (field, value, message) => {
      const answer = await postSignup(signupForm({ [field]: value }))
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ [field]: message })
    })

    it('asks for a name', async () => {
      const answer = await postSignup(signupForm({ firstName: ' ', lastName: '' }))
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ firstName: 'Enter your name.' })
    })

    it('a logo over 2 MiB, and a body over 3.5 MiB', async () => {
      const big = await pngOf(2 * 1024 * 1024 + 64 * 1024, 'over')
      const answer = await postSignup(signupForm({ communityLogo: big.dataUrl }))
      expectStatus(answer, 422, 'validation_failed')
      expect(answer.json.errors).toEqual({ communityLogo: 'The logo can have at most 2 MiB.' })
      const giant = await postSignup(signupForm({ communityLogo: 'x'.repeat(3.6 * 1024 * 1024) }))
      expectStatus(giant, 413, 'payload_too_large')
    })

    it('a password by the policy, names why, echoes nothing and computes no hash', async () => {
      for (const password of ['short-1', 'alllowercase', 'Password1!', 'aaaaaaaaaaaaaaaaa']) {
        const answer = await postSignup(signupForm({ password, confirmPassword: password }))
        expectStatus(answer, 400, 'password_rejected')
        expect(answer.json.errors).toEqual({ password: expect.any(String) })
        expect(answer.text).not.toContain(password)
        expect(answer.headers.get('Server-Timing')).not.toContain('hash')
      }
    })

    it('an empty or giant password by the policy too, without a hash', async () => {
      for (const password of ['', 'x'.repeat(129), 'Aa1-'.repeat(250_000)]) {
        const answer = await postSignup(signupForm({ password, confirmPassword: password }))
        expectStatus(answer, 400, 'password_rejected')
        expect(answer.headers.get('Server-Timing')).not.toContain('hash')
      }
    })

    it('a password made of the community or the address', async () => {
      const name = unique()
      for (const password of [`Circle-${name}-1`, `Mira.${name}.2026`]) {
        const form = signupForm({
          communityName: `Circle ${name}`,
          email: `mira@${name}.example`,
          password,
          confirmPassword: password,
        })
        expectStatus(await postSignup(form), 400, 'password_rejected')
      }
    })

    it('an Idempotency-Key that is none', async () => {
      for (const key of ['x'.repeat(256), 'with space', 'ümlaut']) {
        const answer = await postSignup(signupForm(), { headers: { 'Idempotency-Key': key } })
        expectStatus(answer, 422, 'validation_failed')
        expect(answer.json.errors).toEqual({
          'idempotency-key': expect.stringContaining('Idempotency-Key'),
        })
      }
    })

    it('the sixth valid body of an hour from one address, but not a bad one', async () => {
      const ip = '198.51.100.7'
      for (let n = 0; n < 8; n++)
        expectStatus(await postSignup(signupForm({ city: '' }), { ip }), 422)
      for (let n = 0; n < 5; n++) expectStatus(await postSignup(signupForm(), { ip }), 201)
      const refused = await postSignup(signupForm(), { ip })
      expectStatus(refused, 429, 'rate_limited')
      expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(3000)
      expect(refused.headers.get('RateLimit')).toMatch(/"general";r=\d+;t=\d+, "signup";r=0;t=\d+/)
      expect(refused.headers.get('RateLimit-Policy')).toBe(
        '"general";q=300;w=60, "signup";q=5;w=3600',
      )
    })
  })

  describe('is safe', () => {
    it('never stores a field it does not know', async () => {
      const { communityId, email } = await signedUp({
        status: 'active',
        role: 'Admin',
        emailVerified: true,
        isDeleted: true,
        id: 'mine',
        version: 9,
      })
      expect(await communityRow(communityId)).toMatchObject({
        status: 'pending',
        isDeleted: false,
        version: 1,
      })
      expect((await ownerRow(email))?.emailVerifiedAt).toBeNull()
    })

    it('keeps names as they were typed', async () => {
      const name = `O'Neil & <b>${unique()}</b> "},{" \u2028x`.replace('\u2028', '')
      const { communityId } = await signedUp({ communityName: name })
      expect((await communityRow(communityId))?.name).toBe(name)
    })

    it('lets nobody log in before the mailbox is proven', async () => {
      const { email, password } = await signedUp()
      expectStatus(await postLogin({ email, password }), 403, 'email_not_verified')
      const row = await db
        .select()
        .from(users)
        .where(and(eq(users.email, email), eq(users.failedLoginAttempts, 0)))
      expect(row).toHaveLength(1)
    })
  })
})
