import { eq } from 'drizzle-orm'
import { describe, expect, it, vi } from 'vitest'
import { auditLogs, communities, memberships, users } from '../../../src/db/schema/index.ts'
import {
  communityRow,
  db,
  linkTokenOf,
  postSignup,
  postVerification,
  signedUp,
  signupForm,
  unique,
  verified,
} from '../../factories.ts'
import { expectStatus } from '../../support/call.ts'
import { expectExactlyOne, race, tally } from '../../support/race.ts'

const WEEK_MS = 7 * 24 * 3600 * 1000

describe('POST /api/v1/auth/signup-community: duplicates', () => {
  describe('refuses', () => {
    it('a name that differs in case, spacing and accents only', async () => {
      const name = unique()
      await signedUp({ communityName: `Apex Circle ${name}` })
      for (const twin of [
        `apex circle ${name}`,
        `APEXCIRCLE ${name.toUpperCase()}`,
        `Ápex  Çircle ${name}`,
      ]) {
        const answer = await postSignup(signupForm({ communityName: twin }))
        expectStatus(answer, 409, 'community_exists')
        expect(answer.json.errors).toEqual({
          communityName: 'A community with this name exists already.',
        })
      }
    })

    it('an official address, and a website of the same registrable domain, naming each', async () => {
      const { form } = await signedUp()
      const domain = form.officialEmail.split('@')[1]
      const answer = await postSignup(
        signupForm({
          officialEmail: form.officialEmail.toUpperCase(),
          communityWebsite: `http://shop.${domain}/x`,
        }),
      )
      expectStatus(answer, 409, 'community_exists')
      expect(Object.keys(answer.json.errors as object).sort()).toEqual([
        'communityWebsite',
        'officialEmail',
      ])
    })

    it('three different holders at once, each named', async () => {
      const [a, b, c] = [await signedUp(), await signedUp(), await signedUp()]
      const answer = await postSignup(
        signupForm({
          communityName: a.form.communityName,
          officialEmail: b.form.officialEmail,
          communityWebsite: c.form.communityWebsite,
        }),
      )
      expect(Object.keys(answer.json.errors as object).sort()).toEqual([
        'communityName',
        'communityWebsite',
        'officialEmail',
      ])
    })

    it('the name of the reserved community', async () => {
      expectStatus(
        await postSignup(signupForm({ communityName: 'Plat form' })),
        409,
        'community_exists',
      )
    })
  })

  describe('works', () => {
    it('for many communities on one big shared host, and for two people of one hosting suffix', async () => {
      for (const host of ['https://www.facebook.com/groups/', 'https://linktr.ee/']) {
        await signedUp({ communityWebsite: `${host}${unique()}` })
        await signedUp({ communityWebsite: `${host}${unique()}` })
      }
      await signedUp({ communityWebsite: `https://${unique()}.github.io` })
      await signedUp({ communityWebsite: `https://${unique()}.github.io` })
    })
  })

  describe('is safe', () => {
    it('twenty signups of one name at once make one community', async () => {
      const name = `Race ${unique()}`
      const answers = await race(20, () => postSignup(signupForm({ communityName: name })))
      expectExactlyOne(answers, '201', '409 community_exists')
      expect(await db.select().from(communities).where(eq(communities.name, name))).toHaveLength(1)
    })

    it('twenty signups of one domain or official address at once make one community each', async () => {
      const domain = `${unique()}.example`
      expectExactlyOne(
        await race(20, () => postSignup(signupForm({ communityWebsite: domain }))),
        '201',
        '409 community_exists',
      )
      const officialEmail = `office@${unique()}.example`
      expectExactlyOne(
        await race(20, () => postSignup(signupForm({ officialEmail }))),
        '201',
        '409 community_exists',
      )
    })

    it('twenty names of one slug at once get twenty slugs', async () => {
      const name = unique()
      const answers = await race(20, (n) =>
        postSignup(signupForm({ communityName: `Many ${name}${'!'.repeat(n)}` })),
      )
      expect(tally(answers)).toEqual({ '201': 20 })
      const wanted = [
        `many-${name}`,
        ...Array.from({ length: 19 }, (_, n) => `many-${name}-${n + 1}`),
      ]
      expect(answers.map(({ data }) => data.slug).sort()).toEqual(wanted.sort())
    })

    it('answers for a taken owner address exactly as for a new one', async () => {
      const owner = await verified()
      const fresh = await postSignup(signupForm())
      const taken = await postSignup(signupForm({ email: owner.email }))
      expectStatus(taken, 201)
      expect(taken.json.message).toBe(fresh.json.message)
      expect(Object.keys(taken.data)).toEqual(Object.keys(fresh.data))
      expect(taken.headers.get('Server-Timing')?.replace(/dur=\d+/, '')).toBe(
        fresh.headers.get('Server-Timing')?.replace(/dur=\d+/, ''),
      )
    })

    it('answers (taken address, name) then (new address, name) as (new, name), (new, name)', async () => {
      const owner = await verified()
      const [one, two] = [`Pair ${unique()}`, `Pair ${unique()}`]
      const known = [
        await postSignup(signupForm({ email: owner.email, communityName: one })),
        await postSignup(signupForm({ communityName: one })),
      ]
      const unknown = [
        await postSignup(signupForm({ communityName: two })),
        await postSignup(signupForm({ communityName: two })),
      ]
      expect(known.map(({ status, json }) => [status, json.code, json.errors])).toEqual(
        unknown.map(({ status, json }) => [status, json.code, json.errors]),
      )
      expect(known.map(({ status }) => status)).toEqual([201, 409])
    })

    it('a community that nobody verified frees its name, address, domain and slug after seven days, not before', async () => {
      const old = await signedUp()
      const again = {
        communityName: old.form.communityName,
        officialEmail: old.form.officialEmail,
        communityWebsite: old.form.communityWebsite,
      }
      try {
        vi.useFakeTimers({ toFake: ['Date'] })
        vi.setSystemTime(Date.now() + WEEK_MS - 60_000)
        expectStatus(await postSignup(signupForm(again)), 409)
        vi.setSystemTime(Date.now() + 61_000)
        const answer = await postSignup(signupForm(again))
        expectStatus(answer, 201)
        expect(answer.data.slug).toBe(old.slug)
      } finally {
        vi.useRealTimers()
      }
      expect(await communityRow(old.communityId)).toBeUndefined()
      expect(await db.select().from(users).where(eq(users.email, old.email))).toEqual([])
      expect(
        await db.select().from(memberships).where(eq(memberships.communityId, old.communityId)),
      ).toEqual([])
      const rows = await db
        .select()
        .from(auditLogs)
        .where(eq(auditLogs.communityId, old.communityId))
      expect(rows.map(({ action }) => action)).toContain('community_expired')
    })

    it('three gone communities that hold one value each make room together', async () => {
      const [a, b, c] = [await signedUp(), await signedUp(), await signedUp()]
      try {
        vi.useFakeTimers({ toFake: ['Date'] })
        vi.setSystemTime(Date.now() + WEEK_MS + 1000)
        expectStatus(
          await postSignup(
            signupForm({
              communityName: a.form.communityName,
              officialEmail: b.form.officialEmail,
              communityWebsite: c.form.communityWebsite,
            }),
          ),
          201,
        )
      } finally {
        vi.useRealTimers()
      }
    })

    it('a verified community keeps its name for ever', async () => {
      const kept = await verified()
      try {
        vi.useFakeTimers({ toFake: ['Date'] })
        vi.setSystemTime(Date.now() + 52 * WEEK_MS)
        expectStatus(await postSignup(signupForm({ communityName: kept.form.communityName })), 409)
      } finally {
        vi.useRealTimers()
      }
    })

    it('a community handed over to an account keeps its name too', async () => {
      const owner = await verified()
      const second = await signedUp({ email: owner.email })
      expectStatus(await postVerification(await linkTokenOf(second.communityId)), 200)
      try {
        vi.useFakeTimers({ toFake: ['Date'] })
        vi.setSystemTime(Date.now() + 2 * WEEK_MS)
        expectStatus(
          await postSignup(signupForm({ communityName: second.form.communityName })),
          409,
        )
      } finally {
        vi.useRealTimers()
      }
    })
  })
})
