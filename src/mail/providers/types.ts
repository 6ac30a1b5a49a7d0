/** One mail to one recipient. `id` is the outbox row's id. */
export interface OutgoingMail {
  id: string
  /** By which a provider knows a repeated request: the id, and another one after an admin had the mail sent again. */
  idempotencyKey: string
  to: string
  subject: string
  text: string
  html: string
  template: string
  locale: string
  /** The link in the mail, and its code: only the local inbox keeps them apart. */
  link?: string
  code?: string
}

export type SendResult =
  | { ok: true; providerMessageId?: string }
  | {
      ok: false
      /** May the same mail succeed later? */
      retry: boolean
      retryAfterSeconds?: number
      /** A short class such as `http_429` or `timeout`: never an address, never a body. */
      reason: string
    }

export interface MailProvider {
  /** Hands one mail over. Answers with a result for every way in which the provider may fail. */
  send(mail: OutgoingMail): Promise<SendResult>
}
