import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../client/src/index.ts'
import { memoryStorage } from '../../client/src/storage.ts'

afterEach(() => vi.unstubAllGlobals())

describe('the tabs of one origin', () => {
  it('share a session with those of the same transport alone, or under the name that the app gives', () => {
    const names: string[] = []
    class Channel {
      constructor(name: string) {
        names.push(name)
      }
    }
    vi.stubGlobal('document', {})
    vi.stubGlobal('BroadcastChannel', Channel)
    const baseUrl = 'https://a.example'
    const storage = memoryStorage()
    createClient({ baseUrl })
    createClient({ baseUrl, transport: 'hybrid' })
    createClient({ baseUrl, transport: 'cookie' })
    createClient({ baseUrl, transport: 'body', storage })
    createClient({ baseUrl, tabs: 'mine' })
    createClient({ baseUrl, tabs: false })
    expect(names).toEqual([
      'gatehouse hybrid https://a.example',
      'gatehouse hybrid https://a.example',
      'gatehouse cookie https://a.example',
      'gatehouse body https://a.example',
      'mine',
    ])
  })
})
