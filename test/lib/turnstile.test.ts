import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { newId } from '../../src/lib/ids.ts'
import { createTurnstile, type TurnstileOutage } from '../../src/lib/turnstile.ts'
import type { AskedVerification } from '../turnstile-server.ts'

const SECRET = 'secret-of-the-widget'
const IP = '198.51.100.4'

/** The check at a server that behaves as `plan` says, and what that server was asked. */
function open(
  plan: string,
  { secret = SECRET, timeoutMs }: { secret?: string; timeoutMs?: number } = {},
) {
  const baseUrl = `${env.TEST_PROVIDER_URL}/turnstile/${encodeURIComponent(plan)}/${newId(0)}`
  const outages: TurnstileOutage[] = []
  const onOutage = (why: TurnstileOutage) => void outages.push(why)
  const turnstile = createTurnstile({ secret, baseUrl, timeoutMs, onOutage })
  const verify = (token: string, idempotencyKey: string = crypto.randomUUID()) =>
    turnstile.verify({ token, ip: IP, idempotencyKey })
  const asked = async () => (await (await fetch(`${baseUrl}/asked`)).json()) as AskedVerification[]
  return { turnstile, verify, outages, asked }
}

const refusing = (...codes: string[]) => JSON.stringify({ success: false, 'error-codes': codes })

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the human check works', () => {
  it('is on where there is a secret, and only there', () => {
    expect(open('ok').turnstile.isOn).toBe(true)
    expect(open('ok', { secret: '' }).turnstile.isOn).toBe(false)
  })

  it('takes a genuine token for a human', async () => {
    const { verify, outages, asked } = open('ok')
    expect(await verify('human-1')).toBe('human')
    expect(outages).toEqual([])
    expect(await asked()).toHaveLength(1)
  })

  it('verifies one token twice under one idempotency key', async () => {
    const { verify } = open('ok')
    const key = crypto.randomUUID()
    expect(await verify('human-1', key)).toBe('human')
    expect(await verify('human-1', key)).toBe('human')
  })

  it('asks the real API unless another address is given', async () => {
    const answer = new Response('{"success":true}')
    const fetched = vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer)
    const turnstile = createTurnstile({ secret: SECRET, baseUrl: '', onOutage: vi.fn() })
    const idempotencyKey = crypto.randomUUID()
    expect(await turnstile.verify({ token: 'human-1', ip: null, idempotencyKey })).toBe('human')
    expect(fetched.mock.calls.map(([url]) => url)).toEqual([
      'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    ])
  })
})

describe('the human check refuses', () => {
  it('a token that nobody gave out, and one that is spent: that is no outage', async () => {
    const { verify, outages } = open('ok')
    expect(await verify('forged')).toBe('refused')
    expect(await verify('human-1')).toBe('human')
    expect(await verify('human-1')).toBe('refused')
    expect(outages).toEqual([])
  })

  it.each([
    ['a token that is too old', refusing('timeout-or-duplicate')],
    ['a token of another widget', refusing('invalid-input-response')],
    ['a question it cannot read', refusing('bad-request')],
    ['a reason that nobody knows yet', refusing('something-new')],
    ['no reason', refusing()],
    ['a refusal without a list of reasons', '{"success":false}'],
    ['a yes in the wrong type', '{"success":"true"}'],
    ['a yes as a number', '{"success":1}'],
    ['an object that says nothing', '{}'],
  ])('where the API answers with %s', async (_, said) => {
    const { verify, outages } = open(`says=${said}`)
    expect(await verify('human-1')).toBe('refused')
    expect(outages).toEqual([])
  })

  it.each(['bad-request', 'invalid-input-response', 'missing-input-response'])(
    'a token that the API refuses by 400 %s: no token makes the check look down',
    async (code) => {
      const { verify, outages } = open(`says400=${refusing(code)}`)
      expect(await verify('human-1')).toBe('refused')
      expect(outages).toEqual([])
    },
  )

  it('a yes that comes as 400 with a reason', async () => {
    const { verify } = open('says400={"success":true,"error-codes":["bad-request"]}')
    expect(await verify('human-1')).toBe('refused')
  })
})

describe('the human check takes no outage for a robot, and none for a human', () => {
  it.each<[string, TurnstileOutage]>([
    ['500', 'http_500'],
    ['503', 'http_503'],
    ['429', 'http_429'],
    ['408', 'http_408'],
    ['201', 'http_201'],
    [`says=${refusing('internal-error')}`, 'internal_error'],
    [`says500=${refusing('invalid-input-response')}`, 'http_500'],
    ['says=null', 'unreadable'],
    ['says="yes"', 'unreadable'],
    ['says=[{"success":true}]', 'unreadable'],
    ['garbage', 'unreadable'],
    ['half', 'unreadable'],
    ['empty', 'unreadable'],
    ['huge', 'too_large'],
    ['cut', 'network'],
    ['reset', 'network'],
  ])('when the API answers with %s: unavailable, for %s', async (plan, reason) => {
    const { verify, outages, asked } = open(plan, { timeoutMs: 10_000 })
    expect(await verify('human-1')).toBe('unavailable')
    expect(outages).toEqual([reason])
    expect(await asked()).toHaveLength(1)
  })

  it.each<[string, TurnstileOutage]>([
    ['404', 'http_404'],
    ['403', 'http_403'],
    ['400', 'http_400'],
    ['redirect', 'http_307'],
    ['says400=<title>Bad gateway</title>', 'http_400'],
  ])(
    'when something before the API answers with %s: no outage, but a fault of ours',
    async (plan, reason) => {
      const { verify, outages, asked } = open(plan, { timeoutMs: 10_000 })
      expect(await verify('human-1')).toBe('misconfigured')
      expect(outages).toEqual([reason])
      expect(await asked()).toHaveLength(1)
    },
  )

  it.each([
    ['never answers', 'hang'],
    ['stops within its answer', 'stall'],
    ['answers without end', 'drip'],
  ])('when the API %s: unavailable after 3 seconds', async (_, plan) => {
    const { verify, outages } = open(plan)
    const started = performance.now()
    expect(await verify('human-1')).toBe('unavailable')
    const took = performance.now() - started
    expect(outages).toEqual(['timeout'])
    expect(took).toBeGreaterThan(2900)
    expect(took).toBeLessThan(10_000)
  })

  it('when nobody listens at the address', async () => {
    const onOutage = vi.fn()
    const baseUrl = 'http://127.0.0.1:1'
    const turnstile = createTurnstile({ secret: SECRET, baseUrl, onOutage })
    const idempotencyKey = crypto.randomUUID()
    const verdict = await turnstile.verify({ token: 'human-1', ip: IP, idempotencyKey })
    expect(verdict).toBe('unavailable')
    expect(onOutage.mock.calls).toEqual([['network']])
  })

  it.each([
    ['by the API as it is', 'ok'],
    ['with 200', `says=${refusing('invalid-input-secret')}`],
    ['with 400', `says400=${refusing('invalid-input-secret')}`],
    ['because it is missing', `says400=${refusing('missing-input-secret')}`],
    ['among others', `says=${refusing('invalid-input-response', 'invalid-input-secret')}`],
  ])('when our secret is refused %s: the fault is ours, and it has a name', async (_, plan) => {
    const { verify, outages } = open(plan, { secret: 'mistyped' })
    expect(await verify('human-1')).toBe('misconfigured')
    expect(outages).toEqual(['secret_refused'])
  })
})

describe('the human check is safe', () => {
  it('sends secret, token, address and key in the body of one POST, and nothing else', async () => {
    const { verify, asked } = open('ok')
    const key = crypto.randomUUID()
    await verify('human-"1"&secret=x', key)
    const [request] = await asked()
    expect(request).toMatchObject({ method: 'POST', path: '/siteverify' })
    expect(JSON.parse(request?.body ?? '')).toEqual({
      secret: SECRET,
      response: 'human-"1"&secret=x',
      remoteip: IP,
      idempotency_key: key,
    })
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'gatehouse',
    })
    expect(request?.headers).not.toHaveProperty('cookie')
    expect(request?.headers).not.toHaveProperty('authorization')
    expect(JSON.stringify(request?.headers)).not.toContain(SECRET)
  })

  it('names no address where there is none', async () => {
    const { turnstile, asked } = open('ok')
    const idempotencyKey = crypto.randomUUID()
    await turnstile.verify({ token: 'human-1', ip: null, idempotencyKey })
    const [request] = await asked()
    expect(JSON.parse(request?.body ?? '')).not.toHaveProperty('remoteip')
  })
})
