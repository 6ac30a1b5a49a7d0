import { describe, expect, it } from 'vitest'
import { createSession } from '../../client/src/session.ts'
import { joinTabs, type TabMessage } from '../../client/src/tabs.ts'

/** The locks and channels of one browser. */
function browser() {
  let tail: Promise<unknown> = Promise.resolve()
  let held = 0
  const channels = new Set<Channel>()
  class Channel {
    onmessage: ((event: { data: TabMessage }) => void) | null = null
    constructor() {
      channels.add(this)
    }
    postMessage(data: TabMessage) {
      for (const other of channels) if (other !== this) other.onmessage?.({ data })
    }
    close() {
      channels.delete(this)
    }
  }
  const hold = async <T>(work: (lock: object) => Promise<T>): Promise<T> => {
    held++
    const running = tail.then(() => work({}))
    tail = running.catch(() => {}).finally(() => held--)
    return running
  }
  const request = <T>(
    _: string,
    { ifAvailable }: { ifAvailable?: boolean },
    work: (lock: object | null) => Promise<T>,
  ) => (ifAvailable && held > 0 ? work(null) : hold(work))
  return { navigator: { locks: { request } }, BroadcastChannel: Channel }
}

const message: TabMessage = { kind: 'signed_out', reason: 'logged_out', sessionId: undefined }

describe('tabs that share a session', () => {
  it('work one after the other, and hear each other before it is their turn', async () => {
    const one = browser()
    const heard: string[] = []
    const first = joinTabs('name', () => {}, one)
    const second = joinTabs('name', ({ kind }) => heard.push(kind), one)
    const order: string[] = []
    const gate = Promise.withResolvers<void>()
    const both = [
      first.exclusively(async () => {
        order.push('first begins')
        await gate.promise
        first.tell(message)
        order.push('first ends')
        return 1
      }),
      second.exclusively(async () => order.push(`second, having heard ${heard}`)),
    ]
    gate.resolve()
    expect(await Promise.all(both)).toEqual([1, 3])
    expect(order).toEqual(['first begins', 'first ends', 'second, having heard signed_out'])
  })
  it('do their work once, and are told where it fails', async () => {
    const tabs = joinTabs('name', () => {}, browser())
    let times = 0
    const fails = async () => {
      times++
      throw new Error('no storage')
    }
    const both = await Promise.allSettled([tabs.exclusively(fails), tabs.exclusively(fails)])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(times).toBe(2)
  })
  it('go on without locks and channels, and alone without a name', async () => {
    for (const tabs of [joinTabs('name', () => {}, {}), joinTabs(undefined, () => {}, browser())]) {
      expect(await tabs.exclusively(async () => 'done')).toBe('done')
      tabs.tell(message)
      tabs.close()
    }
  })
})

describe('the session of a tab', () => {
  it('ends once, and tells whoever listens, each change once', () => {
    const ends: string[] = []
    const session = createSession((reason) => ends.push(reason))
    const heard: string[] = []
    const stop = session.subscribe(({ status }) => heard.push(status))
    session.signIn({ sessionId: 'a', expiresAt: 1 })
    session.signIn({ sessionId: 'a', expiresAt: 2 })
    session.signIn({ sessionId: 'b', expiresAt: 2 })
    session.signOut('session_ended')
    session.signOut('logged_out')
    stop()
    session.signIn({ sessionId: 'c', expiresAt: 3 })
    expect(heard).toEqual(['signed_in', 'signed_in', 'signed_out'])
    expect(ends).toEqual(['session_ended'])
  })
  it('that never began ends without a word', () => {
    const ends: string[] = []
    const session = createSession((reason) => ends.push(reason))
    session.signOut('none')
    expect([session.state, ends]).toEqual([{ status: 'signed_out', reason: 'none' }, []])
  })
})
