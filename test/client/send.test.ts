import { describe, expect, it } from 'vitest'
import type { Parts } from '../../client/src/parts.ts'
import { endSession } from '../../client/src/parts.ts'
import { adopt, createRefresh } from '../../client/src/refresh.ts'
import { endsSession } from '../../client/src/routes.ts'
import { createSend } from '../../client/src/send.ts'
import { createSession } from '../../client/src/session.ts'
import { holdingStorage, memoryStorage, REFRESH_TOKEN } from '../../client/src/storage.ts'
import type { TabMessage } from '../../client/src/tabs.ts'

const BASE = 'https://a.example'
const ok = (data: unknown) => Response.json({ success: true, message: '', data })
const tokensOf = (id: string, refreshToken: string) => ({
  tokenType: 'Bearer',
  expiresIn: 900,
  accessToken: `access-${refreshToken}`,
  refreshToken,
  session: { id },
})

/** An app whose API answers so, and whose storage fails when told. */
function app(
  answer: (path: string, body: string) => Response | Promise<Response>,
  transport: Parts['transport'] = 'body',
) {
  const under = memoryStorage()
  const locked = { writing: false, removing: false }
  const told: TabMessage['kind'][] = []
  const sent: string[] = []
  const storage = holdingStorage({
    getItem: under.getItem,
    async setItem(key, value) {
      if (locked.writing) throw new Error('The keychain is locked.')
      under.setItem(key, value)
    },
    async removeItem(key) {
      if (locked.removing) throw new Error('The keychain is locked.')
      under.removeItem(key)
    },
  })
  const parts: Parts = {
    baseUrl: BASE,
    transport,
    fetch: async (url, { body }) => {
      const path = url.slice(`${BASE}/api/v1`.length)
      sent.push(`${path} ${body ?? ''}`.trim())
      return answer(path, String(body))
    },
    retries: 0,
    storage,
    session: createSession(undefined),
    tabs: { exclusively: (work) => work(), tell: ({ kind }) => told.push(kind), close() {} },
  }
  const refresh = createRefresh(parts)
  const send = createSend(parts, refresh)
  const post = (path: string) => send(`${BASE}/api/v1${path}`, { method: 'POST', body: '{}' })
  return { parts, under, locked, told, sent, refresh, post, session: parts.session }
}

const signedInAs = (id: string) => ({ sessionId: id, csrfToken: `csrf-${id}`, expiresAt: 9e15 })
const idOf = ({ session }: { session: Parts['session'] }) => session.credentials?.sessionId

describe('an app whose storage fails', () => {
  it('is signed in with the new tokens, and presents the newest one until a write has worked', async () => {
    let turn = 1
    const one = app(() => ok(tokensOf('s', `r${++turn}`)))
    one.under.setItem(REFRESH_TOKEN, 'r1')
    one.locked.writing = true
    await expect(one.refresh(0)).rejects.toThrow('keychain')
    expect([idOf(one), one.session.state.status, one.told]).toEqual([
      's',
      'signed_in',
      ['refreshed'],
    ])
    one.locked.writing = false
    expect(await one.refresh(one.session.version)).toBeUndefined()
    expect(one.sent).toEqual([
      '/auth/refresh {"refreshToken":"r1"}',
      '/auth/refresh {"refreshToken":"r2"}',
    ])
    expect(await one.under.getItem(REFRESH_TOKEN)).toBe('r3')
    // Written: from here on, what another window puts there counts.
    one.under.setItem(REFRESH_TOKEN, 'r9')
    await one.refresh(one.session.version)
    expect(one.sent.at(-1)).toBe('/auth/refresh {"refreshToken":"r9"}')
  })
  it('is signed out, and the other tabs are told, before it hears of the failure', async () => {
    const one = app(() => ok(null))
    one.session.signIn(signedInAs('s'))
    one.locked.removing = true
    await expect(endSession(one.parts, 'logged_out')).rejects.toThrow('keychain')
    expect([one.session.state.status, one.told]).toEqual(['signed_out', ['signed_out']])
  })
  it('forgets what it holds in memory where it signs out, or where another window was quicker', async () => {
    const one = app(() => ok(tokensOf('s', 'r2')))
    one.under.setItem(REFRESH_TOKEN, 'r1')
    one.locked.writing = true
    await expect(one.refresh(0)).rejects.toThrow('keychain')
    one.parts.storage.forget(REFRESH_TOKEN)
    expect(await one.parts.storage.getItem(REFRESH_TOKEN)).toBe('r1')
    await expect(one.parts.storage.setItem(REFRESH_TOKEN, 'r2')).rejects.toThrow('keychain')
    await endSession(one.parts, 'logged_out')
    expect(await one.parts.storage.getItem(REFRESH_TOKEN)).toBeUndefined()
  })
  it('writes and removes in the order in which it was asked to', async () => {
    const under = memoryStorage()
    const gate = Promise.withResolvers<void>()
    const storage = holdingStorage({
      ...under,
      setItem: async (key, value) => {
        await gate.promise
        under.setItem(key, value)
      },
    })
    const both = [storage.setItem('a', '1'), storage.removeItem('a')]
    expect(await storage.getItem('a')).toBeUndefined()
    gate.resolve()
    await Promise.all(both)
    expect(await under.getItem('a')).toBeUndefined()
  })
})

describe('new tokens that arrive', () => {
  /** Cookies do not say whose they are: the API is asked, and answers when the gate opens. */
  const waiting = () => {
    const gate = Promise.withResolvers<Response>()
    const one = app(() => gate.promise, 'cookie')
    one.session.signIn(signedInAs('s1'))
    const data = { tokenType: 'Bearer', expiresIn: 900, csrfToken: 'other' }
    const adopted = adopt(one.parts, { data, status: 200 }, 'refreshed', one.session.version)
    return { ...one, adopted, finish: () => gate.resolve(ok({ session: { id: 's1' } })) }
  }
  it('are taken over where nothing has changed', async () => {
    const one = waiting()
    one.finish()
    await one.adopted
    expect(one.session.credentials).toMatchObject({ sessionId: 's1', csrfToken: 'other' })
  })
  it('after a logout sign nobody in again', async () => {
    const one = waiting()
    await endSession(one.parts, 'logged_out')
    one.finish()
    expect(await one.adopted).toBeUndefined()
    expect(one.session.state).toEqual({ status: 'signed_out', reason: 'logged_out' })
    expect(one.told).toEqual(['signed_out'])
  })
  it('after a login as somebody else leave that one alone', async () => {
    const one = waiting()
    one.session.signIn(signedInAs('s2'))
    one.finish()
    await one.adopted
    expect([idOf(one), one.session.state.status]).toEqual(['s2', 'signed_in'])
  })
  it('are not kept where somebody signed out while they were written', async () => {
    const under = memoryStorage()
    const gate = Promise.withResolvers<void>()
    const one = app(() => ok(null))
    one.session.signIn(signedInAs('s'))
    const storage = holdingStorage({
      ...under,
      setItem: async (key, value) => {
        await gate.promise
        under.setItem(key, value)
      },
    })
    const result = { data: tokensOf('s', 'r2'), status: 200 }
    const adopted = adopt({ ...one.parts, storage }, result, 'refreshed', one.session.version)
    // By another window: nothing is removed here.
    one.session.signOut('logged_out')
    gate.resolve()
    await adopted
    expect(await under.getItem(REFRESH_TOKEN)).toBeUndefined()
  })
})

describe('a call that ends a session', () => {
  it('ends its own, also where that was refreshed meanwhile', async () => {
    const gate = Promise.withResolvers<Response>()
    const one = app(() => gate.promise)
    one.session.signIn(signedInAs('s1'))
    const logout = one.post('/auth/logout')
    one.session.signIn({ ...signedInAs('s1'), accessToken: 'newer' })
    gate.resolve(ok(null))
    await logout
    expect(one.session.state).toEqual({ status: 'signed_out', reason: 'logged_out' })
  })
  it('and is answered after another login does not end that one', async () => {
    const gate = Promise.withResolvers<Response>()
    const one = app((path) => (path === '/auth/login' ? ok(tokensOf('s2', 'r2')) : gate.promise))
    one.session.signIn(signedInAs('s1'))
    const logout = one.post('/auth/logout')
    await one.post('/auth/login')
    gate.resolve(ok(null))
    expect(await logout).toMatchObject({ ok: true })
    expect([idOf(one), one.session.state.status]).toEqual(['s2', 'signed_in'])
    expect(await one.under.getItem(REFRESH_TOKEN)).toBe('r2')
  })
  it('is a logout, and whatever else leaves nobody signed in', () => {
    const ends = (call: string) => {
      const [method = '', address = ''] = call.split(' ')
      const { pathname, searchParams } = new URL(`/api/v1${address}`, BASE)
      return endsSession(method, pathname, searchParams)
    }
    const ending = [
      'POST /auth/logout',
      'POST /auth/logout-all',
      'POST /communities/acme/leave',
      'DELETE /communities/acme',
      'DELETE /account',
      'DELETE /sessions',
    ]
    expect(ending.filter(ends)).toEqual(ending)
    const others = [
      'PATCH /communities/acme',
      'DELETE /communities/acme/logo',
      'DELETE /communities/acme/members/1',
      'POST /communities/acme/members/leave',
      'DELETE /admin/communities/acme',
      'DELETE /sessions/1',
      'DELETE /sessions?keepCurrent=true',
    ]
    expect(others.filter(ends)).toEqual([])
  })
})
