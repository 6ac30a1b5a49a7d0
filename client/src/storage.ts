/**
 * Where an app without cookies keeps its refresh token and the token of its device. In memory unless told otherwise:
 * what a page writes into localStorage, every script in that page can carry away.
 */

/** As `Storage` of a browser and its asynchronous likes: a keychain, `AsyncStorage`, the store of a desktop shell. */
export interface TokenStorage {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>
  setItem(key: string, value: string): unknown
  removeItem(key: string): unknown
}

export const REFRESH_TOKEN = 'gatehouse.refreshToken'
export const DEVICE_TOKEN = 'gatehouse.deviceToken'

/** What the client holds its tokens with. */
export interface HoldingStorage extends TokenStorage {
  /** What is written there now counts, not what could not be: another window has been there since. */
  forget(key: string): void
}

/**
 * The app's `storage`, and in memory what it has not taken yet: the API has replaced the token before, and to present that
 * one again ends every session. A write that fails rejects, as the app's own does. One change at a time, in their order.
 */
export function holdingStorage(storage: TokenStorage): HoldingStorage {
  const held = new Map<string, { value: string | undefined }>()
  let last: Promise<unknown> = Promise.resolve()
  const change = (work: () => unknown) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
  return {
    async getItem(key) {
      const newest = held.get(key)
      return newest ? newest.value : storage.getItem(key)
    },
    async setItem(key, value) {
      const newest = { value }
      held.set(key, newest)
      await change(() => storage.setItem(key, value))
      if (held.get(key) === newest) held.delete(key)
    },
    async removeItem(key) {
      const newest = { value: undefined }
      held.set(key, newest)
      await change(() => storage.removeItem(key)).finally(() => {
        if (held.get(key) === newest) held.delete(key)
      })
    },
    forget: (key) => held.delete(key),
  }
}

export function memoryStorage(): TokenStorage {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key),
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  }
}
