/**
 * Resend's HTTP API (POST /emails). It remembers an Idempotency-Key for 24 hours, so a mail whose answer was lost is
 * sent again without reaching anyone twice.
 */
import {
  failureOf,
  type HttpProviderOptions,
  messageIdOf,
  type ProviderAnswer,
  postJson,
} from './post-json.ts'
import type { MailProvider, SendResult } from './types.ts'

const RESEND_API_URL = 'https://api.resend.com'

export function createResendProvider(options: HttpProviderOptions): MailProvider {
  return {
    async send(mail) {
      const answer = await postJson({
        url: `${options.apiUrl || RESEND_API_URL}/emails`,
        headers: {
          Authorization: `Bearer ${options.apiKey}`,
          'Idempotency-Key': mail.idempotencyKey,
        },
        body: {
          from: options.from,
          to: [mail.to],
          subject: mail.subject,
          html: mail.html,
          text: mail.text,
        },
        clock: options.clock,
        timeoutMs: options.timeoutMs,
      })
      return 'ok' in answer ? answer : judge(answer)
    },
  }
}

function judge(answer: ProviderAnswer): SendResult {
  if (answer.status >= 200 && answer.status < 300) {
    return { ok: true, providerMessageId: messageIdOf(answer.body.id) }
  }
  if (answer.status !== 409) return failureOf(answer)
  // The key was used with another content: an earlier version of this mail is out. Trying again cannot help.
  if (answer.body.name === 'invalid_idempotent_request') {
    return { ok: false, retry: false, reason: 'idempotency_mismatch' }
  }
  // The first request with this key is still in work: its answer can be had a little later.
  return { ok: false, retry: true, reason: 'http_409' }
}
