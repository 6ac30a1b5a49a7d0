/** The people of the stories, and what they do beside the browser: by HTTP, as their apps would. */
import { setTimeout as wait } from 'node:timers/promises'
import * as z from 'zod'
import type { Admin } from '../admin-command.ts'
import type { Client } from '../smoke/client.ts'
import { signupForm } from '../smoke/signup-form.ts'

export const API = '/api/v1'
export const PASSWORD = 'Copper-Lantern-42'
export const NEW_PASSWORD = 'Marble-Orchard-58'
export const OWNER = 'mara.lindqvist@example.net'

const MAIL_TIMEOUT_MS = 60_000
const MAIL_POLL_MS = 200

const loggedIn = z.object({ data: z.object({ accessToken: z.string() }) })
const signedUp = z.object({ data: z.object({ slug: z.string() }) })
const me = z.object({
  data: z.object({ memberships: z.array(z.object({ slug: z.string() })) }),
})
const inbox = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      template: z.string(),
      link: z.string().optional(),
      code: z.string().optional(),
    }),
  ),
})

export type Mail = z.infer<typeof inbox>['items'][number]

/** Signs the community up, and gives the path that its admin decides at. */
export async function signUp(client: Client): Promise<string> {
  const body = { ...signupForm, communityLogo: '', email: OWNER, password: PASSWORD }
  const answer = await client.expect(201, 'POST', `${API}/auth/signup-community`, {
    body: { ...body, confirmPassword: PASSWORD },
  })
  return signedUp.parse(answer.json).data.slug
}

export async function approve(client: Client, admin: Admin, slug: string): Promise<void> {
  const token = await logIn(client, admin.email, admin.password)
  const path = `${API}/admin/communities/${slug}/status`
  await client.expect(200, 'PATCH', path, { body: { status: 'approved' }, token })
}

/** An access token; on a device that is new each time. */
export async function logIn(client: Client, email: string, password: string): Promise<string> {
  const call = { body: { email, password, tokenTransport: 'body' } }
  const { json } = await client.expect(200, 'POST', `${API}/auth/login`, call)
  return loggedIn.parse(json).data.accessToken
}

/** Waits for a mail of this template that came after `known`. */
export async function nextMail(
  client: Client,
  to: string,
  template: string,
  known?: Mail,
): Promise<Mail> {
  const deadline = Date.now() + MAIL_TIMEOUT_MS
  while (Date.now() < deadline) {
    const newest = await newestMail(client, to, template)
    if (newest && newest.id !== known?.id) return newest
    await wait(MAIL_POLL_MS)
  }
  throw new Error(`No ${template} for ${to} within ${MAIL_TIMEOUT_MS / 1000} s`)
}

export async function newestMail(client: Client, to: string, template: string) {
  const { json } = await client.expect(200, 'GET', `/dev/mail.json?to=${encodeURIComponent(to)}`)
  return inbox.parse(json).items.find((mail) => mail.template === template)
}

/** The community of GET /auth/me. */
export function slugOf(json: unknown): string {
  const [membership] = me.parse(json).data.memberships
  if (membership === undefined) throw new Error('no membership')
  return membership.slug
}

/** Path of a mail's link: it is opened at the server that these checks have started. */
export function pathOf({ link, template }: Mail): string {
  if (link === undefined) throw new Error(`${template} has no link`)
  const { pathname, search } = new URL(link)
  return `${pathname}${search}`
}
