/** Calls about what is stored of a person. */
import { ownerHere } from '../../mailbox-client.ts'
import { API, type CallOptions, call } from '../../support/call.ts'
import { memberIn } from '../members/member-client.ts'

interface Person {
  accessToken: string
  password: string
}

/** By the person's password, unless the options bring another body. */
export const erase = ({ accessToken, password }: Person, options: CallOptions = {}) =>
  call(`${API}/account`, { method: 'DELETE', token: accessToken, body: { password }, ...options })

export const exported = ({ accessToken }: { accessToken: string }, options: CallOptions = {}) =>
  call(`${API}/account/export`, { token: accessToken, ...options })

/** Somebody who is a member of a community, and may go. */
export const memberHere = async () => memberIn(await ownerHere())
