import { describe, expect, it } from 'vitest'
import type { Parts } from '../../client/src/parts.ts'
import { createRefresh } from '../../client/src/refresh.ts'
import { createSession } from '../../client/src/session.ts'
import { holdingStorage, memoryStorage, REFRESH_TOKEN } from '../../client/src/storage.ts'
import { joinTabs } from '../../client/src/tabs.ts'

const refusal = { success: false, code: 'refresh_reused', message: 'Used before.' }
const tokens = { tokenType: 'Bearer', expiresIn: 900, accessToken: 'a', refreshToken: 'next' }

/** A tab of a session whose refresh is answered so. */
function tab(status: number, body: object) {
  const sent: string[] = []
  const storage = holdingStorage(memoryStorage())
  storage.setItem(REFRESH_TOKEN, 'first')
  const parts: Parts = {
    baseUrl: 'https://a.example',
    transport: 'body',
    fetch: async (_, { body: text }) => {
      sent.push(String(text))
      return Response.json(body, { status })
    },
    retries: 0,
    storage,
    session: createSession(undefined),
    tabs: joinTabs(undefined, () => {}),
  }
  return { parts, sent, storage, refresh: createRefresh(parts) }
}

describe('a refresh', () => {
  it('serves all who ask for it together, and who learns late that the token was old', async () => {
    const { refresh, sent, storage, parts } = tab(200, { success: true, message: '', data: tokens })
    expect(await Promise.all([refresh(0), refresh(0), refresh(0)])).toEqual(
      Array(3).fill(undefined),
    )
    expect(await refresh(0)).toBeUndefined()
    expect(sent).toEqual(['{"refreshToken":"first"}'])
    expect(await storage.getItem(REFRESH_TOKEN)).toBe('next')
    expect(parts.session.state.status).toBe('signed_in')
  })
  it('that is refused ends the session for all of them, who learn why, also late', async () => {
    const { refresh, sent, storage, parts } = tab(403, refusal)
    const asked = [await refresh(0), await refresh(0)]
    for (const one of asked) expect(one).toMatchObject({ error: { code: 'refresh_reused' } })
    expect(sent).toHaveLength(1)
    expect(await storage.getItem(REFRESH_TOKEN)).toBeUndefined()
    expect(parts.session.state).toEqual({ status: 'signed_out', reason: 'refresh_reused' })
  })
  it('whose answer holds no tokens is none', async () => {
    const { refresh, parts } = tab(200, { success: true, message: '', data: null })
    expect(await refresh(0)).toMatchObject({ error: { code: 'unexpected_answer' } })
    expect(parts.session.state.status).toBe('unknown')
  })
})
