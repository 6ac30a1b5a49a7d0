/** Calls the Worker over HTTP as a frontend does. */
import { setTimeout as wait } from 'node:timers/promises'
import * as z from 'zod'

const MAIL_TIMEOUT_MS = 20_000
const MAIL_POLL_MS = 100

export interface Answer {
  status: number
  headers: Headers
  text: string
  json: unknown
}

export interface Call {
  body?: unknown
  /** Access token. */
  token?: string
  headers?: Record<string, string>
}

const mailSchema = z.object({
  to: z.string(),
  subject: z.string(),
  template: z.string(),
  locale: z.string(),
  link: z.string().optional(),
  code: z.string().optional(),
})
const inboxSchema = z.object({ items: z.array(mailSchema) })

export type Mail = z.infer<typeof mailSchema>

export interface Client {
  call(method: string, path: string, call?: Call): Promise<Answer>
  /** The same, and throws the whole answer where its status is not the expected one. */
  expect(status: number, method: string, path: string, call?: Call): Promise<Answer>
  /** Waits for a mail of this template to this address, 20 s at most. */
  mail(to: string, template: string): Promise<Mail>
  /** The link of the newest mail of this template, once it is another one than `known`. */
  otherLink(to: string, template: string, known: string | undefined): Promise<string>
  /** The newest mail of this template, once its code is another one than that of `known`. */
  otherCode(to: string, template: string, known: Mail | undefined): Promise<Mail>
}

export function createClient(origin: string): Client {
  const client: Client = {
    async call(method, path, { body, token, headers = {} } = {}) {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body !== undefined && { body: toBody(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, json: parse(text) }
    },
    async expect(status, method, path, call) {
      const answer = await client.call(method, path, call)
      if (answer.status === status) return answer
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 500)}`)
    },
    mail: (to, template) => waitForMail(client, to, template, () => true),
    async otherLink(to, template, known) {
      const isOther = ({ link }: Mail) => link !== undefined && link !== known
      return (await waitForMail(client, to, template, isOther)).link ?? ''
    },
    otherCode: (to, template, known) =>
      waitForMail(client, to, template, ({ code }) => code !== undefined && code !== known?.code),
  }
  return client
}

async function waitForMail(
  client: Client,
  to: string,
  template: string,
  isWanted: (mail: Mail) => boolean,
): Promise<Mail> {
  const deadline = Date.now() + MAIL_TIMEOUT_MS
  while (Date.now() < deadline) {
    const { json } = await client.expect(200, 'GET', `/dev/mail.json?to=${to}`)
    const newest = inboxSchema.parse(json).items.find((mail) => mail.template === template)
    if (newest && isWanted(newest)) return newest
    await wait(MAIL_POLL_MS)
  }
  throw new Error(`No ${template} for ${to} within ${MAIL_TIMEOUT_MS / 1000} s`)
}

/** Text and bytes as they are, the rest as JSON. */
function toBody(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return Uint8Array.from(body)
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
