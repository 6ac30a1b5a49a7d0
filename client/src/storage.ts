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

export function memoryStorage(): TokenStorage {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key),
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  }
}
