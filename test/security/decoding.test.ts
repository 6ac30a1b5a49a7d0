/** What arrives is decoded once, by the parser of its own form; nothing is decoded again after it was judged. */
import { beforeAll, describe, expect, it } from 'vitest'
import { admin, communityRow, postSignup, signedUp, signupForm, unique } from '../factories.ts'
import { API, call, expectStatus } from '../support/call.ts'
import { codeOf, SOURCES } from './read-sources.ts'

let token = ''
beforeAll(async () => {
  token = (await admin()).token
})

describe('input is decoded once', () => {
  it.each(['100%25', '%3Cb%3E', '&lt;b&gt;', '\\u003cb\\u003e', 'a+b%20c', '=?utf-8?q?=41?='])(
    'and a text that looks encoded is stored as it is: %s',
    async (text) => {
      const name = `${text} ${unique()}`
      const { communityId } = await signedUp({ communityName: name, communityBio: `About ${name}` })
      expect(await communityRow(communityId)).toMatchObject({ name, bio: `About ${name}` })
    },
  )

  it.each([
    'a%40b.example',
    'a%2540b.example',
    'a@b%2eexample',
    'a&#64;b.example',
    'a\\u0040b.example',
  ])('and what would be an address only after another decoding is none: %s', async (email) => {
    const answer = await postSignup(signupForm({ email }))
    expectStatus(answer, 422, 'validation_failed')
    expect(Object.keys(answer.json.errors as object)).toEqual(['email'])
  })

  it('and a slug in the path that was encoded twice names nothing', async () => {
    const { slug, communityId } = await signedUp()
    const encoded = (text: string) =>
      text.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`)
    const find = (path: string) => call(`${API}/admin/communities/${path}`, { token })
    for (const once of [slug, encoded(slug)]) {
      const found = await find(once)
      expectStatus(found, 200)
      expect(found.data).toMatchObject({ community: { id: communityId } })
    }
    expectStatus(await find(encoded(slug).replace('%', '%25')), 404, 'not_found')
  })

  it('and an escape inside a JSON string is read once', async () => {
    const name = unique()
    const form = JSON.stringify(signupForm({ communityName: 'NAME' }))
    const answer = await call(`${API}/auth/signup-community`, {
      body: form.replace('"NAME"', `"\\u0041\\\\u0042 ${name}"`),
    })
    expectStatus(answer, 201)
    expect((await communityRow(String(answer.data.communityId)))?.name).toBe(`A\\u0042 ${name}`)
  })
})

describe('the code', () => {
  it('decodes no text by itself: that is left to the parsers of URL, JSON and cookies', () => {
    const decoders = /\b(decodeURI(Component)?|unescape|TextDecoderStream)\(|&amp;'|&lt;'/
    expect(Object.keys(SOURCES).filter((path) => decoders.test(codeOf(path)))).toEqual([])
  })
})
