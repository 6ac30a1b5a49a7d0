/** GET and HEAD of every route leave every table as it was, whoever asks and whatever token the address holds. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { admin, linkTokenOf, ownerIn, PASSWORD, postLogin, signedUp } from '../factories.ts'
import { theft } from '../features/new-device/theft.ts'
import { resetLinkOf } from '../features/passwords/password-client.ts'
import { routeList } from '../http/route-list.ts'
import {
  type Asked,
  addressHere,
  askForCode,
  invited,
  ownerHere,
  postAcceptance,
  useLink,
} from '../mailbox-client.ts'
import { cookieOf, mailedToken } from '../session-client.ts'
import { call } from '../support/call.ts'

const GETS = routeList().filter(({ method }) => method === 'GET')

/** Every row of every table of ours, but for what says that personal data or the audit log was read: that is on record. */
async function dump(): Promise<Record<string, unknown[]>> {
  const { results: tables } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
      AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT IN ('d1_migrations', 'email_domains')`,
  ).all<{ name: string }>()
  const answers = await env.DB.batch<unknown>(
    tables.map(({ name }) => {
      const which =
        name === 'audit_logs' ? "WHERE action NOT IN ('account_exported', 'audit_read')" : ''
      return env.DB.prepare(`SELECT * FROM "${name}" ${which} ORDER BY 1`)
    }),
  )
  return Object.fromEntries(tables.map(({ name }, at) => [name, answers[at]?.results ?? []]))
}

let tokens: string[] = []
let asked: Asked
let invitee = ''
let bearer = ''
let cookie = ''
let slug = ''

beforeAll(async () => {
  const waiting = await signedUp()
  const owner = await ownerIn('active')
  const stolen = await theft()
  asked = await askForCode(owner.email)
  invitee = addressHere()
  tokens = [
    await linkTokenOf(waiting.communityId),
    await resetLinkOf(owner.email),
    stolen.token,
    await mailedToken(owner.email, 'magic_link'),
    (await invited(await ownerHere(), invitee)).token,
  ]
  const boss = await admin()
  bearer = boss.token
  slug = waiting.slug
  cookie = cookieOf(
    await postLogin({ email: boss.email, password: PASSWORD, tokenTransport: 'cookie' }),
  )
})

describe('a request that only reads', () => {
  it('is compared with tables that have rows', async () => {
    const tables = await dump()
    for (const name of [
      'communities',
      'users',
      'sessions',
      'one_time_tokens',
      'outbox',
      'audit_logs',
    ]) {
      expect({ name, rows: tables[name]?.length }).toEqual({ name, rows: expect.any(Number) })
      expect(tables[name]?.length).toBeGreaterThan(0)
    }
  })

  it.each(GETS)(
    'changes nothing, opens no session and uses no link up: GET and HEAD $path',
    async ({ path }) => {
      const url = path.replaceAll(/:[a-z]+/gi, slug)
      const before = await dump()
      const ways: Record<string, string>[] = [
        {},
        { Cookie: cookie },
        { Cookie: asked.cookie },
        { Authorization: `Bearer ${bearer}` },
      ]
      for (const method of ['GET', 'HEAD']) {
        for (const token of ['', ...tokens]) {
          const query = token === '' ? '' : `?token=${token}`
          for (const headers of ways) {
            const answer = await call(`${url}${query}`, { method, headers })
            expect(answer.status).toBeLessThan(500)
            expect(answer.headers.getSetCookie()).toEqual([])
          }
        }
      }
      expect(await dump()).toEqual(before)
    },
  )

  it('of a link leaves the link as good as it was', async () => {
    const [token = ''] = tokens
    for (const path of ['/verify-email', '/api/v1/auth/verify-email']) {
      await call(`${path}?token=${token}`)
    }
    expect((await call('/api/v1/auth/verify-email', { body: { token } })).status).toBe(200)
  })

  it('of a link that signs in, by whoever scans the mail, leaves it as good as it was', async () => {
    const [, , , magic, invitation] = tokens
    for (const Cookie of [asked.cookie, '']) {
      await call(`/magic-link?token=${magic}`, { headers: { Cookie } })
      await call(`/accept-invite?token=${invitation}`, { headers: { Cookie } })
    }
    const signedIn = await useLink({ token: magic }, { headers: { Cookie: asked.cookie } })
    expect({ status: signedIn.status, body: signedIn.text }).toMatchObject({ status: 200 })
    const joined = await postAcceptance({ token: invitation })
    expect(joined.data).toMatchObject({ user: { email: invitee } })
  })
})
