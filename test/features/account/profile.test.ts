import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { users } from '../../../src/db/schema/index.ts'
import { accessTokenOf, admin, db, ownerIn } from '../../factories.ts'
import { me, openSession, userRow } from '../../session-client.ts'
import { API, type CallOptions, call, expectStatus } from '../../support/call.ts'
import { failingDatabase, failingObject } from '../../support/faults.ts'
import { race } from '../../support/race.ts'

const patch = (body: unknown, options: CallOptions = {}) =>
  call(`${API}/account`, { ...options, method: 'PATCH', body })

describe('PATCH /api/v1/account', () => {
  describe('works', () => {
    it('changes name and language, which the next answers show', async () => {
      const token = await accessTokenOf(await ownerIn('active'))
      const answer = await patch({ fullName: '  Mira  Anand Rao ', locale: 'zh' }, { token })
      expectStatus(answer, 200)
      expect(answer.data.user).toMatchObject({ fullName: 'Mira Anand Rao', locale: 'zh' })
      expect((await me(token)).data.user).toMatchObject({
        fullName: 'Mira Anand Rao',
        locale: 'zh',
      })
    })

    it('changes what it names and leaves the rest of the profile as it is', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      const answer = await patch({ skills: ['Soldering', 'Talks'] }, { token })
      expect(answer.data.profile).toEqual({
        location: 'Pune, India',
        skills: ['Soldering', 'Talks'],
        areaOfInterest: ['Open source'],
      })
      const { profile, fullName, locale } = await userRow(owner.email)
      expect(profile).toMatchObject({ primaryRole: 'ORGANISER', skills: ['Soldering', 'Talks'] })
      expect([fullName, locale]).toEqual(['Mira Rao', 'en'])
    })

    it('takes the location away where it is empty', async () => {
      const token = await accessTokenOf(await ownerIn('active'))
      const answer = await patch({ location: '' }, { token })
      expect(answer.data.profile).toMatchObject({ location: null })
    })

    it('works for someone who never had a profile', async () => {
      const { token } = await admin()
      const answer = await patch({ areaOfInterest: ['Reviews'] }, { token })
      expect(answer.data.profile).toEqual({
        location: null,
        skills: [],
        areaOfInterest: ['Reviews'],
      })
    })

    it('changes nothing where nothing is named, in two round trips', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      const before = await userRow(owner.email)
      const answer = await patch({}, { token })
      expectStatus(answer, 200)
      expect(answer.headers.get('Server-Timing')).toContain('d1;desc="2"')
      expect(await userRow(owner.email)).toEqual(before)
    })
  })

  describe('refuses', () => {
    it.each<[string, Record<string, unknown>]>([
      ['fullName', { fullName: '' }],
      ['fullName', { fullName: 'x'.repeat(201) }],
      ['fullName', { fullName: 'a\u202eb' }],
      ['fullName', { fullName: null }],
      ['locale', { locale: 'fr' }],
      ['location', { location: 'x'.repeat(201) }],
      ['skills', { skills: 'Events' }],
      ['skills', { skills: [''] }],
      ['areaOfInterest', { areaOfInterest: new Array(51).fill('x') }],
    ])('%s: %j', async (field, body) => {
      const token = await accessTokenOf(await ownerIn('active'))
      const answer = await patch(body, { token })
      expectStatus(answer, 422, 'validation_failed')
      expect(Object.keys(answer.json.errors as object)).toEqual([field])
    })

    it('someone who is not logged in, and a cookie without its CSRF token', async () => {
      expectStatus(await patch({ fullName: 'X' }), 401, 'unauthenticated')
      const session = await openSession(await ownerIn('active'), { transport: 'cookie' })
      const Cookie = session.cookie
      expectStatus(await patch({ fullName: 'X' }, { headers: { Cookie } }), 403, 'csrf_failed')
      const headers = { Cookie, 'X-CSRF-Token': session.csrfToken }
      expectStatus(await patch({ fullName: 'Xenia' }, { headers }), 200)
    })
  })

  describe('is safe', () => {
    it('never grants anything: fields that are no profile are dropped', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      const before = await userRow(owner.email)
      const answer = await patch(
        {
          fullName: 'Mira Rao',
          id: 'x',
          email: 'someone@else.example',
          role: 'Admin',
          emailVerified: false,
          emailVerifiedAt: null,
          passwordHash: 'x',
          communityId: 'x',
          primaryRole: 'Admin',
          disabledAt: 1,
          profile: { role: 'Admin' },
        },
        { token },
      )
      expectStatus(answer, 200)
      expect(await userRow(owner.email)).toEqual(before)
    })

    it('loses nothing where two changes arrive at once', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      const bodies = [
        { skills: ['A'] },
        { areaOfInterest: ['B'] },
        { location: 'Lund' },
        { fullName: 'Mira' },
      ]
      for (const answer of await race(4, (index) => patch(bodies[index], { token })))
        expectStatus(answer, 200)
      const { profile, fullName } = await userRow(owner.email)
      expect({ ...profile, fullName }).toMatchObject({
        skills: ['A'],
        areaOfInterest: ['B'],
        location: 'Lund',
        fullName: 'Mira',
      })
    })

    it('changes nobody else', async () => {
      const [one, other] = [await ownerIn('active'), await ownerIn('active')]
      const before = await userRow(other.email)
      await patch({ fullName: 'Changed' }, { token: await accessTokenOf(one) })
      expect(await userRow(other.email)).toEqual(before)
    })

    it('stores text as it was typed, whatever it would mean elsewhere', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      const name = `O'Neil "}, {" <b>{{7*7}}</b> %s`
      expectStatus(await patch({ fullName: name, location: name }, { token }), 200)
      const [row] = await db.select().from(users).where(eq(users.email, owner.email))
      expect([row?.fullName, row?.profile?.location]).toEqual([name, name])
    })

    it('answers 503 without a database or a limiter, and changes nothing', async () => {
      const owner = await ownerIn('active')
      const token = await accessTokenOf(owner)
      const before = await userRow(owner.email)
      const limiter = failingObject('RATE_LIMITER', 'hit', 'throws')
      expectStatus(await patch({ fullName: 'X' }, { token, env: limiter }), 503, 'unavailable')
      const database = failingDatabase()
      expectStatus(await patch({ fullName: 'X' }, { token, env: database }), 503, 'unavailable')
      expect(await userRow(owner.email)).toEqual(before)
    })
  })
})
