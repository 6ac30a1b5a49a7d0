/** What a project that has installed the package writes. Compiled by `npm test` in a folder of its own. */
import {
  type ClientErrorCode,
  createClient,
  type Failure,
  pages,
  type SessionState,
  type TokenStorage,
} from '@gatehouse/client'

const storage: TokenStorage = {
  getItem: async () => null,
  setItem: async () => {},
  removeItem() {},
}

export const client = createClient({
  baseUrl: 'https://auth.example.com',
  transport: 'body',
  storage,
  onSignedOut: (reason) => (reason === 'refresh_reused' ? 'warn' : 'ask again'),
})

export async function logIn(email: string, password: string): Promise<string> {
  const result = await client.api.auth.login.$post({ json: { email, password } })
  if (!result.ok) return wordsFor(result)
  const { user, community, session } = result.data
  const role: 'Admin' | 'CommunityOwner' | 'Member' | 'Moderator' = user.role
  const status: 200 = result.status
  return [role, community.slug, session.expiresAt, status, result.requestId].join()
}

function wordsFor({ error }: Failure): string {
  const code: ClientErrorCode = error.code
  switch (code) {
    case 'invalid_credentials':
    case 'too_many_attempts':
    case 'network_error':
      return error.message
    default:
      return `${error.errors?.email ?? error.message} ${error.retryAfterSeconds ?? 0}`
  }
}

export async function calls(signal: AbortSignal): Promise<unknown[]> {
  const { api } = client
  const me = await api.auth.me.$get()
  const one = await api.communities[':community'].members.$get(
    { param: { community: 'apex-circle' } },
    { init: { signal } },
  )
  const change = await api.account.email.$post({
    json: { newEmail: 'a@example.net', code: '123456' },
  })
  const used = await api.auth['verify-otp'].$post({
    json: { email: 'a@example.net', code: '123456' },
  })
  if (used.ok && 'signupToken' in used.data) used.data.signupToken.toUpperCase()
  await api.sessions.$delete({ query: { keepCurrent: 'true' } })
  await api.auth.logout.$post()
  const names = me.ok ? me.data.memberships.map(({ name }) => name) : []
  const seconds: number = change.ok ? change.data.expiresIn : 0
  return [...names, seconds, one.ok && one.data.items[0]?.joinedAt]
}

export async function auditLog(): Promise<string> {
  const { $get } = client.api.admin['audit-logs']
  for await (const page of pages((cursor) => $get({ query: { cursor, action: 'login_failed' } }))) {
    if (page.ok) return page.data.items.map(({ action }) => action).join()
  }
  const file = await $get({ query: {} }, { headers: { Accept: 'text/csv' } })
  return file.ok && file.data instanceof Response ? await file.data.text() : ''
}

export async function allOfMe(): Promise<string> {
  const mine = await client.api.account.export.$get()
  return mine.ok ? Object.keys(mine.data).join() : mine.error.code
}

export async function everySession(): Promise<string[]> {
  const ids: string[] = []
  for await (const page of pages((cursor) => client.api.sessions.$get({ query: { cursor } }))) {
    if (page.ok) ids.push(...page.data.items.map(({ id }) => id))
  }
  return ids
}

export const stop = client.session.subscribe((state: SessionState) => {
  if (state.status === 'signed_out') state.reason satisfies string
})
