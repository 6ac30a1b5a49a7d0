import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { noCosts } from '../../src/costs.ts'
import { callObject } from '../../src/durable-objects/call.ts'
import { createGuard } from '../../src/durable-objects/guard.ts'
import { createLimits } from '../../src/durable-objects/limits.ts'
import { createLookup } from '../../src/lib/lookup.ts'
import { useClockOfSeconds } from './guard-driver.ts'

useClockOfSeconds()

const lookup = createLookup(crypto.getRandomValues(new Uint8Array(32)))
const unavailable = {
  code: 'unavailable',
  extras: { retryAfterSeconds: 1, reason: 'durable_object' },
}

describe('calling an object that guards something', () => {
  it('gives its answer and counts the call', async () => {
    const costs = noCosts()
    expect(await callObject({ costs }, 1000, async () => 'answer')).toBe('answer')
    expect(costs.objectCalls).toBe(1)
  })

  it('is unavailable when the object fails, and keeps the cause for the log', async () => {
    const cause = new Error('overloaded')
    const call = callObject({ costs: noCosts() }, 1000, () => Promise.reject(cause))
    await expect(call).rejects.toMatchObject({ ...unavailable, cause })
  })

  it('is unavailable when the object does not answer in time', async () => {
    const call = callObject({ costs: noCosts() }, 20, () => new Promise(() => undefined))
    await expect(call).rejects.toMatchObject(unavailable)
  })
})

describe('the limits', () => {
  it('count each client apart, under each policy apart', async () => {
    const costs = noCosts()
    const limits = createLimits(env.RATE_LIMITER, lookup, { costs })
    const policy = { limit: 1, windowSeconds: 60 }
    expect((await limits.hitIp('login', policy, '192.0.2.1')).allowed).toBe(true)
    expect((await limits.hitIp('login', policy, '192.0.2.1')).allowed).toBe(false)
    expect((await limits.hitIp('login', policy, '192.0.2.2')).allowed).toBe(true)
    expect((await limits.hitIp('signup', policy, '192.0.2.1')).allowed).toBe(true)
    expect(costs.objectCalls).toBe(4)
  })
})

describe('the account guard', () => {
  it('counts by address, knows a device that joined or was remembered, and is cleared', async () => {
    const costs = noCosts()
    const guard = createGuard(env.ACCOUNT_GUARD, lookup, { costs, blockSeconds: 900 })
    const ticket = async (email: string, device?: string) => {
      const verdict = await guard.begin(email, device)
      return verdict.kind === 'granted' ? verdict.ticket : ''
    }
    await guard.settle('ada@a.example', await ticket('ada@a.example'), 'success', 'laptop')
    await guard.rememberDevice('ada@a.example', 'phone')
    for (const device of ['laptop', 'phone']) {
      expect(await guard.begin('ada@a.example', device)).toMatchObject({ knownDevice: true })
    }
    expect(await guard.begin('bob@a.example', 'laptop')).toMatchObject({ knownDevice: false })
    // Six calls, but the success is booked beside the session's write, off the path that is counted.
    expect(costs.objectCalls).toBe(5)
    for (let n = 0; n < 5; n++)
      await guard.settle('ada@a.example', await ticket('ada@a.example'), 'failure')
    expect(await guard.begin('ada@a.example', undefined)).toEqual({
      kind: 'blocked',
      retryAfterSeconds: 900,
    })
    await guard.clear('ada@a.example', Date.now())
    expect(await guard.begin('ada@a.example', undefined)).toMatchObject({ kind: 'granted' })
  })

  it('forgets devices, and after a reset knows the one that made it', async () => {
    const costs = noCosts()
    const guard = createGuard(env.ACCOUNT_GUARD, lookup, { costs, blockSeconds: 900 })
    const email = 'eve@a.example'
    const known = async () => {
      const verdicts = []
      for (const device of ['laptop', 'phone']) verdicts.push(await guard.begin(email, device))
      return verdicts.map((verdict) => verdict.kind === 'granted' && verdict.knownDevice)
    }
    const now = Date.now()
    for (const device of ['laptop', 'phone']) await guard.rememberDevice(email, device)
    await guard.forgetDevices(email, { before: now, deviceId: 'phone' })
    await guard.rememberDevice(email, 'phone', now - 1)
    expect(await known()).toEqual([true, false])
    await guard.startOver(email, { before: now, keepDevice: 'phone' })
    expect(await known()).toEqual([false, true])
    await guard.forgetDevices(email, { before: now })
    expect(costs.objectCalls).toBe(10)
    expect(await known()).toEqual([false, false])
  })

  it('keeps codes by address, one call each', async () => {
    const costs = noCosts()
    const guard = createGuard(env.ACCOUNT_GUARD, lookup, { costs, blockSeconds: 900 })
    const code = { flow: 'tab', challengeId: 'c', digest: 'd', deviceId: 'laptop', ttlSeconds: 300 }
    expect(await guard.issueCode('joy@a.example', code)).toMatchObject({ kind: 'allowed' })
    const entered = { flow: 'tab', digests: ['c', 'd'], deviceId: 'laptop' }
    expect(await guard.useCode('may@a.example', entered)).toEqual({ kind: 'wrong' })
    expect(await guard.useCode('joy@a.example', entered)).toMatchObject({ kind: 'right' })
    expect(costs.objectCalls).toBe(3)
  })

  it('follows links by address, one call each, and blocks them for as long as passwords', async () => {
    const costs = noCosts()
    const guard = createGuard(env.ACCOUNT_GUARD, lookup, { costs, blockSeconds: 60 })
    const email = 'sue@a.example'
    await guard.issueCode(email, { flow: 'tab', challengeId: 'c', digest: 'd', ttlSeconds: 300 })
    const followed = { flow: 'tab', challengeId: 'c', deviceId: undefined }
    expect(await guard.useLink('ann@a.example', followed)).toEqual({ kind: 'wrong' })
    const elsewhere = { ...followed, flow: 'other' }
    expect(await guard.useLink(email, elsewhere)).toEqual({ kind: 'wrong_browser' })
    expect(await guard.useLink(email, followed)).toMatchObject({ kind: 'right', challengeId: 'c' })
    expect(costs.objectCalls).toBe(4)
    for (let n = 0; n < 5; n++) {
      const verdict = await guard.begin(email, undefined)
      if (verdict.kind === 'granted') await guard.settle(email, verdict.ticket, 'failure')
    }
    expect(await guard.useLink(email, followed)).toEqual({ kind: 'blocked', retryAfterSeconds: 60 })
  })

  it('caps the codes of a day where that is asked for, and counts those to a new address apart', async () => {
    const guard = createGuard(env.ACCOUNT_GUARD, lookup, { costs: noCosts(), blockSeconds: 900 })
    const code = { flow: 'tab', challengeId: 'c', digest: 'd', ttlSeconds: 300 }
    const issue = (more: { purpose?: 'email_change'; perDay?: number }) =>
      guard.issueCode('tom@a.example', { ...code, ...more })
    expect(await issue({ perDay: 1 })).toMatchObject({ kind: 'allowed' })
    expect(await issue({ perDay: 1 })).toEqual({ kind: 'capped' })
    expect(await issue({})).toMatchObject({ kind: 'allowed' })
    expect(await issue({})).toEqual({ kind: 'limited', retryAfterSeconds: 900 })
    for (let n = 0; n < 5; n++)
      expect(await issue({ purpose: 'email_change' })).toMatchObject({ kind: 'allowed' })
    expect(await issue({ purpose: 'email_change' })).toEqual({
      kind: 'limited',
      retryAfterSeconds: 900,
    })
  })

  it('counts mails by address, purpose and lane, one call each', async () => {
    const costs = noCosts()
    const guard = createGuard(env.ACCOUNT_GUARD, lookup, { costs, blockSeconds: 900 })
    const policy = { limit: 1, windowSeconds: 60 }
    await guard.rememberDevice('kim@a.example', 'laptop')
    const count = (email: string, purpose: 'forgot' | 'resend', deviceId?: string) =>
      guard.countMail(email, { purpose, policy, deviceId })
    const stranger = { kind: 'allowed', knownDevice: false }
    expect(await count('kim@a.example', 'forgot')).toEqual(stranger)
    expect(await count('kim@a.example', 'forgot')).toEqual({
      kind: 'limited',
      retryAfterSeconds: 60,
    })
    expect(await count('kim@a.example', 'resend')).toEqual(stranger)
    expect(await count('lou@a.example', 'forgot', 'laptop')).toEqual(stranger)
    expect(await count('kim@a.example', 'forgot', 'laptop')).toEqual({
      kind: 'allowed',
      knownDevice: true,
    })
    expect(costs.objectCalls).toBe(6)
  })
})
