/** What an owner goes through in the weeks after: refreshing, seeing and ending sessions, a new device, a forgotten password. */
import * as z from 'zod'
import { type Checks, expectSame, given } from './checks.ts'
import type { Client } from './client.ts'
import { OWNER_EMAIL, OWNER_PASSWORD } from './signup-form.ts'
import { refusalCode } from './surface.ts'

const API = '/api/v1'
const NEW_PASSWORD = 'Marble-Orchard-58'

const tokens = z.object({
  data: z.object({ accessToken: z.string(), refreshToken: z.string() }),
})
const list = z.object({
  data: z.object({
    items: z.array(z.object({ id: z.uuid(), current: z.boolean(), expiresAt: z.iso.datetime() })),
    nextCursor: z.null(),
  }),
})

let lastClient = 0

type Tokens = z.infer<typeof tokens>['data']

export async function checkSessions(checks: Checks, client: Client): Promise<void> {
  await checkRefresh(checks, client)
  await checkNewDevice(checks, client)
  await checkEnding(checks, client)
  await checkReset(checks, client)
}

async function checkRefresh({ check }: Checks, client: Client): Promise<void> {
  const first = await check('a desktop app logs in and gets both tokens', () =>
    logIn(client, OWNER_PASSWORD),
  )
  const second = await check(
    'a refresh token gives new tokens, and the same ones again',
    async () => {
      const [once, twice] = [
        await refresh(client, given(first)),
        await refresh(client, given(first)),
      ]
      expectSame('the second successor', twice.refreshToken, once.refreshToken)
      return once
    },
  )
  await check('the new access token is good', () =>
    client.expect(200, 'GET', `${API}/auth/me`, { token: given(second).accessToken }),
  )
  await check('an older token ends every session, and the owner is told with a link', async () => {
    await refresh(client, given(second))
    const body = { refreshToken: given(first).refreshToken }
    const answer = await client.expect(403, 'POST', `${API}/auth/refresh`, { body })
    expectSame('code', refusalCode(answer), 'refresh_reused')
    await client.expect(401, 'GET', `${API}/auth/me`, { token: given(second).accessToken })
    const { link } = await client.mail(OWNER_EMAIL, 'refresh_reused')
    expectSame('the link', /\/reset-password\?token=/.test(link ?? ''), true)
  })
}

async function checkNewDevice({ check }: Checks, client: Client): Promise<void> {
  await check('“this wasn’t me” ends the session of a new device', async () => {
    const earlier = (await client.mail(OWNER_EMAIL, 'new_device')).link
    const { accessToken } = await logIn(client, OWNER_PASSWORD)
    const link = await client.otherLink(OWNER_EMAIL, 'new_device', earlier)
    await client.expect(200, 'GET', new URL(link).pathname + new URL(link).search)
    await client.expect(200, 'GET', `${API}/auth/me`, { token: accessToken })
    const token = new URL(link).searchParams.get('token')
    await client.expect(200, 'POST', `${API}/auth/not-me`, { body: { token } })
    await client.expect(401, 'GET', `${API}/auth/me`, { token: accessToken })
    await client.mail(OWNER_EMAIL, 'password_reset')
  })
}

async function checkEnding({ check }: Checks, client: Client): Promise<void> {
  await check('sessions are listed, and one is ended', async () => {
    const [here, there] = [await logIn(client, OWNER_PASSWORD), await logIn(client, OWNER_PASSWORD)]
    const call = { token: here.accessToken }
    const { data } = list.parse((await client.expect(200, 'GET', `${API}/sessions`, call)).json)
    expectSame('how many', data.items.length, 2)
    const other = data.items.find(({ current }) => !current)
    await client.expect(200, 'DELETE', `${API}/sessions/${given(other).id}`, call)
    await client.expect(401, 'GET', `${API}/auth/me`, { token: there.accessToken })
    await client.expect(200, 'POST', `${API}/auth/logout`, call)
    await client.expect(401, 'GET', `${API}/auth/me`, call)
    await client.expect(200, 'POST', `${API}/auth/logout`, call)
  })
}

async function checkReset({ check }: Checks, client: Client): Promise<void> {
  await check('a forgotten password is chosen anew by a mailed link', async () => {
    const before = await logIn(client, OWNER_PASSWORD)
    // The link of "this wasn't me" is still the newest in the inbox: the next one takes its place.
    const older = (await client.mail(OWNER_EMAIL, 'password_reset')).link
    await client.expect(202, 'POST', `${API}/auth/forgot-password`, {
      body: { email: OWNER_EMAIL },
    })
    const link = await client.otherLink(OWNER_EMAIL, 'password_reset', older)
    const token = new URL(link).searchParams.get('token')
    const ask = (status: number, password: string) =>
      client.expect(status, 'POST', `${API}/auth/reset-password`, { body: { token, password } })
    expectSame('a weak one', refusalCode(await ask(400, 'Password123!')), 'password_rejected')
    await ask(200, NEW_PASSWORD)
    expectSame('the link again', refusalCode(await ask(400, NEW_PASSWORD)), 'token_used')
    await client.expect(401, 'GET', `${API}/auth/me`, { token: before.accessToken })
    await logIn(client, NEW_PASSWORD)
    await client.mail(OWNER_EMAIL, 'password_changed')
  })
}

/** From an address of its own: ten logins a minute are all that one may have. */
async function logIn(client: Client, password: string): Promise<Tokens> {
  lastClient += 1
  const body = { email: OWNER_EMAIL, password, tokenTransport: 'body' }
  const headers = { 'CF-Connecting-IP': `198.51.100.${lastClient}` }
  const answer = await client.expect(200, 'POST', `${API}/auth/login`, { body, headers })
  return tokens.parse(answer.json).data
}

async function refresh(client: Client, { refreshToken }: Tokens): Promise<Tokens> {
  const body = { refreshToken }
  return tokens.parse((await client.expect(200, 'POST', `${API}/auth/refresh`, { body })).json).data
}
