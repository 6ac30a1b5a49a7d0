/** Nobody is sent on to an address that a request names. */
import { describe, expect, it } from 'vitest'
import { accessTokenOf, ownerIn, PASSWORD } from '../factories.ts'
import { routeList, takesBody } from '../http/route-list.ts'
import { API, call, expectStatus } from '../support/call.ts'

const NAMES = [
  'redirectTo',
  'redirect_uri',
  'redirect',
  'next',
  'url',
  'returnTo',
  'continue',
  'callback',
]
const TARGETS = [
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  'https://gatehouse.example@evil.example',
]

describe('an answer', () => {
  it.each(routeList())(
    'of $method $path leads nowhere else, whatever it is asked',
    async (route) => {
      const token = await accessTokenOf(await ownerIn('active'))
      for (const target of TARGETS) {
        const named = Object.fromEntries(NAMES.map((name) => [name, target]))
        const answer = await call(`${route.url}?${new URLSearchParams(named)}`, {
          method: route.method,
          token,
          ...(takesBody(route) && { body: named }),
        })
        expect(answer.status < 300 || answer.status >= 400).toBe(true)
        for (const name of ['Location', 'Refresh', 'Link', 'Content-Location']) {
          expect({ name, value: answer.headers.get(name) }).toEqual({ name, value: null })
        }
        expect(answer.text).not.toContain('evil.example')
      }
    },
  )

  it('to a login neither', async () => {
    const { email } = await ownerIn('active')
    for (const redirectTo of TARGETS) {
      const answer = await call(`${API}/auth/login`, {
        body: { email, password: PASSWORD, redirectTo },
      })
      expectStatus(answer, 200)
      expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('evil.example')
    }
  })
})
