/** Each answer with a body says what it is, and is it. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { admin } from '../factories.ts'
import { routeList, takesBody } from '../http/route-list.ts'
import { type Answer, API, call } from '../support/call.ts'
import { failingDatabase } from '../support/faults.ts'

let token = ''
beforeAll(async () => {
  token = (await admin()).token
})

function expectTrueType({ headers, text, status }: Answer): void {
  const type = headers.get('Content-Type') ?? ''
  if (text === '') return
  const told = `${status} ${type} ${text.slice(0, 100)}`
  // JSON is UTF-8 by its own definition (RFC 8259 §8.1); text has to say so.
  expect(type, told).toMatch(/^application\/json$|^text\/(html|plain|javascript); charset=utf-8$/i)
  if (type === 'application/json') expect(JSON.parse(text), told).toBeTypeOf('object')
  if (/html/.test(type)) expect(text.toLowerCase().startsWith('<!doctype html>'), told).toBe(true)
  if (/javascript/.test(type)) expect(text, told).toMatch(/^\(function\(\)\{/)
  if (/plain/.test(type)) expect(text, told).not.toMatch(/^\s*[<{[]/)
}

describe('the type of an answer', () => {
  it.each(routeList())('is true of $method $path, whatever its status', async (route) => {
    const { method, url } = route
    const body = takesBody(route) ? {} : undefined
    expectTrueType(await call(url, { method, body, token }))
    expectTrueType(await call(url, { method, body }))
    expectTrueType(await call(url, { method, body, token, env: failingDatabase() }))
    expectTrueType(await call(url, { method, body, env: { ...env, AUTH_SECRETS: '' } }))
    expectTrueType(await call(`${url}/beside`, { method }))
    for (const accept of ['text/html', 'application/xml', 'text/plain', '*/*;q=0', 'image/png']) {
      expectTrueType(await call(url, { method, body, token, headers: { Accept: accept } }))
    }
  })

  it('is missing where there is no body', async () => {
    const headers = { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' }
    const answer = await call(`${API}/auth/login`, { method: 'OPTIONS', headers })
    expect({
      status: answer.status,
      text: answer.text,
      type: answer.headers.get('Content-Type'),
    }).toEqual({
      status: 204,
      text: '',
      type: null,
    })
  })
})
