/**
 * Postmark's HTTP API (POST /email). It has no idempotency key: a mail whose answer was lost may arrive twice. The
 * outbox id goes along as metadata, so that such a pair can be found. Its own error code says more than the status.
 */
import {
  failureOf,
  type HttpProviderOptions,
  messageIdOf,
  type ProviderAnswer,
  postJson,
} from './post-json.ts'
import type { MailProvider, SendResult } from './types.ts'

const POSTMARK_API_URL = 'https://api.postmarkapp.com'

/** Codes that pass: 100 maintenance, 429 too many requests. All others (406 inactive recipient …) are final. */
const TEMPORARY_ERROR_CODES = new Set<unknown>([100, 429])

export function createPostmarkProvider(options: HttpProviderOptions): MailProvider {
  return {
    async send(mail) {
      const answer = await postJson({
        url: `${options.apiUrl || POSTMARK_API_URL}/email`,
        headers: { 'X-Postmark-Server-Token': options.apiKey },
        body: {
          From: options.from,
          To: mail.to,
          Subject: mail.subject,
          HtmlBody: mail.html,
          TextBody: mail.text,
          MessageStream: 'outbound',
          // A tracked link would lead through a third party, with its token in it.
          TrackOpens: false,
          TrackLinks: 'None',
          Metadata: { outboxId: mail.id },
        },
        clock: options.clock,
        timeoutMs: options.timeoutMs,
      })
      return 'ok' in answer ? answer : judge(answer)
    },
  }
}

function judge(answer: ProviderAnswer): SendResult {
  const code = answer.body.ErrorCode ?? 0
  const accepted = answer.status >= 200 && answer.status < 300
  if (accepted && code === 0) {
    return { ok: true, providerMessageId: messageIdOf(answer.body.MessageID) }
  }
  const failure = failureOf(answer)
  if (code === 0 || typeof code !== 'number' || failure.retry) return failure
  return {
    ok: false,
    retry: TEMPORARY_ERROR_CODES.has(code),
    reason: `postmark_${code}`,
    retryAfterSeconds: answer.retryAfterSeconds,
  }
}
