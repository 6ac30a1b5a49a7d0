import { describe, expect, it } from 'vitest'
import { signupForm } from '../factories.ts'
import { type Answer, API } from '../support/call.ts'
import { expectEnvelope } from './expect-answer.ts'
import { callRaw, type OpenStream, openStream } from './stream-call.ts'

const SIGNUP = `${API}/auth/signup-community`
const AT_ONCE = 6
/** Just over what counts as large; the form is not closed yet. */
const LARGE = `{"padding":"${'x'.repeat(256 * 1024)}"`

interface Upload extends OpenStream {
  answer: Promise<Answer>
}

function upload(beginning: string): Upload {
  const body = openStream()
  const answer = callRaw(SIGNUP, { body: body.stream })
  body.write(beginning)
  return { ...body, answer }
}

/** Ends the upload with a form that the validator refuses: nothing is hashed or stored. */
function finish(one: Upload): Promise<Answer> {
  const { email: _, ...form } = signupForm()
  one.write(`,${JSON.stringify(form).slice(1)}`)
  one.close()
  return one.answer
}

/** Until `act` gives something: other uploads are read beside this test. */
async function eventually<T>(act: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 200; tries++) {
    const result = await act()
    if (result !== undefined) return result
  }
  throw new Error('it did not happen')
}

const probe = async () => {
  const one = upload(LARGE)
  one.close()
  return one.answer
}

/** Six uploads that are known to hold their places: a seventh is refused. */
async function fillAllPlaces(): Promise<Upload[]> {
  const uploads = Array.from({ length: AT_ONCE }, () => upload(LARGE))
  await eventually(async () => ((await probe()).status === 503 ? true : undefined))
  return uploads
}

describe('large bodies', () => {
  it('are in work six at a time; the seventh is told to come back in a second', async () => {
    const uploads = await fillAllPlaces()
    const refused = await probe()
    expectEnvelope(refused, 'unavailable')
    expect(refused.headers.get('Retry-After')).toBe('1')
    for (const one of uploads) expectEnvelope(await finish(one), 'validation_failed')
  })

  it('do not stand in the way of small ones', async () => {
    const uploads = await fillAllPlaces()
    const small = await callRaw(SIGNUP, { body: '{"communityName":""}' })
    expectEnvelope(small, 'validation_failed')
    await Promise.all(uploads.map(finish))
  })

  it('give each place back when they are done', async () => {
    for (let round = 0; round < 3; round++) {
      const uploads = await fillAllPlaces()
      const [first, ...others] = uploads
      if (first) expectEnvelope(await finish(first), 'validation_failed')
      const next = upload(LARGE)
      expectEnvelope(await finish(next), 'validation_failed')
      await Promise.all(others.map(finish))
    }
  })

  it.each<[string, (one: Upload) => void, string]>([
    ['too large', (one) => one.write('x'.repeat(4 * 1024 * 1024)), 'payload_too_large'],
    [
      'no JSON',
      (one) => {
        one.write(',,,')
        one.close()
      },
      'invalid_json',
    ],
  ])('give their place back also when they end badly: %s', async (_, spoil, code) => {
    const uploads = await fillAllPlaces()
    for (const one of uploads) spoil(one)
    for (const one of uploads) expect((await one.answer).json.code).toBe(code)
    const after = await Promise.all(Array.from({ length: AT_ONCE }, () => finish(upload(LARGE))))
    expect(after.map(({ json }) => json.code)).toEqual(new Array(AT_ONCE).fill('validation_failed'))
  })

  it('give their place back when the client goes away in the middle', async () => {
    const uploads = Array.from({ length: AT_ONCE * 2 }, () => {
      const failing = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(LARGE))
        },
        pull(controller) {
          controller.error(new Error('the client is gone'))
        },
      })
      return callRaw(SIGNUP, { body: failing }).catch(() => undefined)
    })
    await Promise.all(uploads)
    const after = await Promise.all(Array.from({ length: AT_ONCE }, () => finish(upload(LARGE))))
    expect(after.map(({ json }) => json.code)).toEqual(new Array(AT_ONCE).fill('validation_failed'))
  })

  it('that are refused are not read on', async () => {
    const uploads = await fillAllPlaces()
    const seventh = upload(LARGE)
    expectEnvelope(await seventh.answer, 'unavailable')
    await seventh.cancelled
    await Promise.all(uploads.map(finish))
  })
})
