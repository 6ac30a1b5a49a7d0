/** JSON is made by the serializer and read by the parser, whatever the texts in it hold. */
import { describe, expect, it } from 'vitest'
import { admin, signedUp, unique } from '../factories.ts'
import { API, call, expectStatus } from '../support/call.ts'
import { codeOf, SOURCES } from './read-sources.ts'

describe('an answer in JSON', () => {
  it.each([
    ['quotes and braces', '"},{"status":"active"'],
    ['backslashes', 'a\\"b\\u0022c\\\\'],
    ['line separators', 'one\u2028two\u2029three'],
    ['markup', '</script><!-- ]]> -->'],
    ['letters beyond the first plane', '🚀 𝒜 日本'],
    ['line breaks and tabs', 'one\n\ttwo'],
  ])('gives %s back as they were typed, and nothing beside them', async (_, text) => {
    const { token } = await admin()
    const bio = `About ${unique()} ${text}`
    const { communityId } = await signedUp({ communityBio: bio })
    const answer = await call(`${API}/admin/communities/${communityId}`, { token })
    expectStatus(answer, 200)
    expect(answer.data).toMatchObject({ community: { bio, status: 'pending' } })
    expect(Object.keys(answer.json)).toEqual(['success', 'message', 'data'])
    expect(answer.text).toBe(JSON.stringify(answer.json))
  })
})

describe('the code', () => {
  it('puts no JSON together by hand', () => {
    const byHand = /[`'"]\s*[{[]\s*\\?"\w+\\?"\s*:/
    expect(Object.keys(SOURCES).filter((path) => byHand.test(codeOf(path)))).toEqual([])
    expect('`{"a": $' + '{b}}`').toMatch(byHand)
  })
})
