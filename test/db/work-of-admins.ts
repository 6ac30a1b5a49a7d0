/** What admins do to people, mails and what was reviewed, as pieces of work; see work-day.ts. */
import { admin, ownerIn, signedUp, unique } from '../factories.ts'
import { mailTo } from '../http/working-admin-calls.ts'
import { ownerHere } from '../mailbox-client.ts'
import { userRow } from '../session-client.ts'
import { API, call, expectStatus } from '../support/call.ts'

export const WORK_OF_ADMINS: Record<string, (env: Env) => Promise<void>> = {
  'people found, unlocked, logged out, disabled and enabled': async (env) => {
    const { token } = await admin()
    const { email, userId } = await ownerHere()
    for (let n = 0; n < 2; n++) await signedUp({ email })
    const find = (query: string) =>
      call(`${API}/admin/users?email=${email}${query}`, { token, env })
    expectStatus(await find(''), 200)
    const first = await find('&limit=1')
    const next = await find(`&limit=1&cursor=${first.data.nextCursor}`)
    expectStatus(next, 200)
    expectStatus(await find(`&limit=1&cursor=${next.data.nextCursor}`), 200)
    for (const what of ['unlock', 'revoke-sessions', 'disable', 'enable']) {
      const path = `${API}/admin/users/${userId}/${what}`
      expectStatus(await call(path, { method: 'POST', token, env }), 200)
    }
    const { id } = await userRow((await ownerIn('active')).email)
    expectStatus(await call(`${API}/admin/users/${id}/enable`, { method: 'POST', token, env }), 409)
  },
  'mails looked through, and one sent again': async (env) => {
    const { token } = await admin()
    await signedUp()
    const { email } = await ownerIn('active')
    const list = (query: string) => call(`${API}/admin/mail?${query}`, { token, env })
    for (const query of ['', 'state=queued', 'state=sent', 'state=failed']) {
      expectStatus(await list(query), 200)
    }
    const { data } = await list('limit=1')
    expectStatus(await list(`limit=1&cursor=${data.nextCursor}`), 200)
    const path = `${API}/admin/mail/${await mailTo(email, true)}/retry`
    expectStatus(await call(path, { method: 'POST', token, env }), 200)
    expectStatus(await call(path, { method: 'POST', token, env }), 409)
  },
  'what was reviewed, changed and refused': async (env) => {
    const { token } = await admin()
    const [one, other] = [await ownerIn('active'), await ownerIn('active')]
    const change = (id: string, body: object) =>
      call(`${API}/admin/communities/${id}`, { method: 'PATCH', body, token, env })
    const name = unique()
    const facts = { communityName: `Circle ${name}`, communityWebsite: `${name}.example` }
    expectStatus(await change(one.slug, { ...facts, officialEmail: `a@${name}.example` }), 200)
    expectStatus(await change(other.communityId, facts), 409)
  },
}
