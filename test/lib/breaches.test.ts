import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type BreachSkip, createBreaches, noBreaches } from '../../src/lib/breaches.ts'
import { newId } from '../../src/lib/ids.ts'
import type { AskedRange } from '../breached-passwords.ts'

const BREACHED = 'Harbour-Kettle-77'
const UNKNOWN = 'violet kettle argues northward'

/** The lookup at a server that behaves as `plan` says, and what that server was asked. */
function open(plan: string, timeoutMs?: number) {
  const baseUrl = `${env.TEST_PROVIDER_URL}/breaches/${plan}/${newId(0)}`
  const skips: BreachSkip[] = []
  const breaches = createBreaches({ baseUrl, timeoutMs, onSkip: (why) => void skips.push(why) })
  const asked = async () => (await (await fetch(`${baseUrl}/asked`)).json()) as AskedRange[]
  return { breaches, skips, asked }
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the breach lookup works', () => {
  it('knows a password that was in a breach', async () => {
    const { breaches, skips } = open('ok')
    expect(await breaches.isBreached(BREACHED)).toBe(true)
    expect(skips).toEqual([])
  })

  it('knows nothing of one that was in none, and says so by an answer, not by a fault', async () => {
    const { breaches, skips, asked } = open('ok')
    expect(await breaches.isBreached(UNKNOWN)).toBe(false)
    expect(skips).toEqual([])
    expect(await asked()).toHaveLength(1)
  })

  it('looks up what is hashed: the composed form, capitals and spaces as they are', async () => {
    const { breaches } = open('ok')
    expect(await breaches.isBreached('Cre\u0300me-Bru\u0302le\u0301e-77')).toBe(true)
    expect(await breaches.isBreached(BREACHED.toLowerCase())).toBe(false)
    expect(await breaches.isBreached(` ${BREACHED}`)).toBe(false)
  })

  it('does not take padding for a breach', async () => {
    const { breaches, skips } = open('ok')
    expect(await breaches.isBreached('Lantern-Orchard-88')).toBe(false)
    expect(skips).toEqual([])
  })

  it('asks nobody while it is off', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch')
    expect(await noBreaches.isBreached(BREACHED)).toBe(false)
    expect(fetched).not.toHaveBeenCalled()
  })

  it('asks the real list unless another address is given', async () => {
    const answer = new Response(`${'0'.repeat(35)}:7`)
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer)
    const onSkip = vi.fn()
    expect(await createBreaches({ baseUrl: '', onSkip }).isBreached(BREACHED)).toBe(false)
    expect(fetched.mock.calls.map(([url]) => String(url))).toEqual([
      expect.stringMatching(/^https:\/\/api\.pwnedpasswords\.com\/range\/[0-9A-F]{5}$/),
    ])
    expect(onSkip).not.toHaveBeenCalled()
  })
})

describe('the breach lookup stands in nobody’s way', () => {
  it.each<[string, BreachSkip]>([
    ['500', 'http_500'],
    ['503', 'http_503'],
    ['429', 'http_429'],
    ['404', 'http_404'],
    ['204', 'http_204'],
    ['redirect', 'http_302'],
    ['garbage', 'unreadable'],
    ['half', 'unreadable'],
    ['empty', 'unreadable'],
    ['huge', 'too_large'],
    ['cut', 'network'],
    ['reset', 'network'],
  ])('when the list answers with %s: accepted, and the reason is %s', async (plan, reason) => {
    const { breaches, skips, asked } = open(plan, 5000)
    expect(await breaches.isBreached(BREACHED)).toBe(false)
    expect(skips).toEqual([reason])
    expect(await asked()).toHaveLength(1)
  })

  it.each([
    ['never answers', 'hang'],
    ['stops within its answer', 'stall'],
    ['answers without end', 'drip'],
  ])('when the list %s: accepted after 1.5 seconds', async (_, plan) => {
    const { breaches, skips } = open(plan)
    const started = performance.now()
    expect(await breaches.isBreached(BREACHED)).toBe(false)
    const took = performance.now() - started
    expect(skips).toEqual(['timeout'])
    expect(took).toBeGreaterThan(1400)
    expect(took).toBeLessThan(3000)
  })

  it('when nobody listens at the address', async () => {
    const onSkip = vi.fn()
    const breaches = createBreaches({ baseUrl: 'http://127.0.0.1:1', onSkip })
    expect(await breaches.isBreached(BREACHED)).toBe(false)
    expect(onSkip.mock.calls).toEqual([['network']])
  })
})

describe('the breach lookup is safe', () => {
  it('lets five characters of the hash leave and nothing else, and asks for padding', async () => {
    const { breaches, asked } = open('ok')
    await breaches.isBreached(BREACHED)
    const [request] = await asked()
    const bytes = new TextEncoder().encode(BREACHED)
    const digest = [...new Uint8Array(await crypto.subtle.digest('SHA-1', bytes))]
    const hash = digest.map((byte) => byte.toString(16).padStart(2, '0')).join('')
    expect(request).toMatchObject({ method: 'GET', body: '' })
    expect(request?.path).toBe(`/range/${hash.slice(0, 5).toUpperCase()}`)
    expect(request?.headers).toMatchObject({ 'add-padding': 'true', 'user-agent': 'gatehouse' })
    const sent = JSON.stringify(request).toLowerCase()
    expect(sent).not.toContain(hash.slice(0, 6))
    expect(sent).not.toContain(hash.slice(5))
    expect(sent).not.toContain(BREACHED.toLowerCase())
    expect(request?.headers).not.toHaveProperty('cookie')
    expect(request?.headers).not.toHaveProperty('authorization')
  })

  it('asks nothing about a password beyond the cap, which no one accepts', async () => {
    const { breaches, skips, asked } = open('ok')
    expect(await breaches.isBreached('Kj7#qmpl'.repeat(6000))).toBe(false)
    expect(skips).toEqual([])
    expect(await asked()).toEqual([])
  })
})
