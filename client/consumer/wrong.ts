/** Each line that ends with a mark must be refused: the types are those of the API, and not merely anything. */
import { createClient } from '@gatehouse/client'

const { api } = createClient({ baseUrl: 'https://auth.example.com' })
const result = await api.auth.login.$post({ json: { email: 'a@example.net', password: 'x' } })

export const wrong = [
  createClient({}), // refused
  createClient({ baseUrl: '', transport: 'header' }), // refused
  api.auth.login.$post(), // refused
  api.auth.login.$post({ json: { email: 'a@example.net' } }), // refused
  api.auth.login.$get(), // refused
  api.auth.nowhere.$post(), // refused
  api.auth.refresh.$post(), // refused
  api.communities[':community'].members.$get(), // refused
  api.account.email.$post({ json: { newEmail: 1 } }), // refused
  result.data, // refused
  result.ok && result.data.user.passwordHash, // refused
  result.ok || result.error.code === 'no_such_code', // refused
]
