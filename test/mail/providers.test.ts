import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, it } from 'vitest'
import { devMails } from '../../src/db/schema/index.ts'
import { newId } from '../../src/lib/ids.ts'
import { createDevProvider } from '../../src/mail/providers/dev.ts'
import { createPostmarkProvider } from '../../src/mail/providers/postmark.ts'
import { createMailProvider } from '../../src/mail/providers/provider.ts'
import { createResendProvider } from '../../src/mail/providers/resend.ts'
import type { AcceptedMail } from '../provider-server.ts'
import { db, START } from './mail-world.ts'

const FROM = 'Gatehouse <no-reply@gate.example>'
const FACTORIES = { resend: createResendProvider, postmark: createPostmarkProvider }
type Name = keyof typeof FACTORIES

const NAMES: Name[] = ['resend', 'postmark']

function open(name: Name, plan: string, timeoutMs = 2000) {
  const apiUrl = `${env.TEST_PROVIDER_URL}/${encodeURIComponent(plan)}/${newId(START)}`
  const provider = FACTORIES[name]({
    apiKey: 'the-api-key',
    from: FROM,
    apiUrl,
    clock: () => START,
    timeoutMs,
  })
  const accepted = async () => (await (await fetch(`${apiUrl}/mails`)).json()) as AcceptedMail[]
  return { provider, accepted }
}

const mail = (id = newId(START)) => ({
  id,
  idempotencyKey: `key-${id}`,
  to: 'ada@people.example',
  subject: 'Confirm',
  text: 'text',
  html: '<p>html</p>',
  template: 'signup_confirmation',
  locale: 'en',
  link: 'https://app.example/verify-email?token=secret',
  code: '042137',
})

describe('mail providers', () => {
  describe('works', () => {
    it('gives Resend the mail, one recipient, the key and the idempotency key', async () => {
      const { provider, accepted } = open('resend', 'ok')
      const sent = mail()
      expect(await provider.send(sent)).toEqual({ ok: true, providerMessageId: 'mail-1' })
      const [arrived] = await accepted()
      expect(arrived?.path).toMatch(/\/emails$/)
      expect(arrived?.headers).toMatchObject({
        authorization: 'Bearer the-api-key',
        'idempotency-key': sent.idempotencyKey,
        'content-type': 'application/json',
      })
      expect(arrived?.body).toEqual({
        from: FROM,
        to: [sent.to],
        subject: sent.subject,
        html: sent.html,
        text: sent.text,
      })
    })

    it('gives Postmark the mail, one recipient, the token and the outbox id', async () => {
      const { provider, accepted } = open('postmark', 'ok')
      const sent = mail()
      expect(await provider.send(sent)).toEqual({ ok: true, providerMessageId: 'mail-1' })
      const [arrived] = await accepted()
      expect(arrived?.path).toMatch(/\/email$/)
      expect(arrived?.headers).toMatchObject({ 'x-postmark-server-token': 'the-api-key' })
      expect(arrived?.body).toEqual({
        From: FROM,
        To: sent.to,
        Subject: sent.subject,
        HtmlBody: sent.html,
        TextBody: sent.text,
        MessageStream: 'outbound',
        TrackOpens: false,
        TrackLinks: 'None',
        Metadata: { outboxId: sent.id },
      })
    })

    it('keeps a mail in the local inbox once, however often it is handed over', async () => {
      const provider = createDevProvider(db, () => START)
      const sent = mail()
      for (let i = 0; i < 3; i++) expect(await provider.send(sent)).toMatchObject({ ok: true })
      const rows = await db.select().from(devMails).where(eq(devMails.id, sent.id))
      const { idempotencyKey: _, ...kept } = sent
      expect(rows).toEqual([{ ...kept, sentAt: START }])
    })

    it.each(['dev', 'resend', 'postmark'] as const)(
      'is chosen by MAIL_PROVIDER=%s',
      async (name) => {
        const apiUrl = `${env.TEST_PROVIDER_URL}/ok/${newId(START)}`
        const config = { mail: { provider: name, apiKey: 'the-api-key', apiUrl, from: FROM } }
        const provider = createMailProvider(config, db, () => START)
        expect(await provider.send(mail())).toMatchObject({ ok: true })
        const arrived = (await (await fetch(`${apiUrl}/mails`)).json()) as AcceptedMail[]
        const path = { dev: undefined, resend: '/emails', postmark: '/email' }[name]
        expect(arrived[0]?.path.slice(new URL(apiUrl).pathname.length)).toBe(path)
      },
    )

    it.each(NAMES)('takes a 2xx of %s whose body breaks off as accepted', async (name) => {
      const { provider, accepted } = open(name, 'cut')
      expect(await provider.send(mail())).toEqual({ ok: true, providerMessageId: undefined })
      expect(await accepted()).toHaveLength(1)
    })
  })

  describe('refuses', () => {
    describe.each(NAMES)('%s', (name) => {
      it.each([408, 425, 429, 500, 502, 503, 504])('%d is temporary', async (status) => {
        const { provider } = open(name, String(status))
        expect(await provider.send(mail())).toMatchObject({
          ok: false,
          retry: true,
          reason: `http_${status}`,
        })
      })

      it.each([400, 401, 403, 404, 405, 413, 415, 422])('%d is final', async (status) => {
        const { provider } = open(name, String(status))
        expect(await provider.send(mail())).toEqual({
          ok: false,
          retry: false,
          reason: `http_${status}`,
        })
      })

      it('honours Retry-After in seconds and as a date, up to an hour', async () => {
        // A plan is split at commas, and a date is read without its comma too.
        const date = new Date(START + 90_000).toUTCString().replace(',', '')
        const headers = [
          ['120', 120],
          [date, 90],
          ['86400', 3600],
        ] as const
        for (const [header, seconds] of headers) {
          const { provider } = open(name, `429@${header}`)
          expect(await provider.send(mail())).toEqual({
            ok: false,
            retry: true,
            reason: 'http_429',
            retryAfterSeconds: seconds,
          })
        }
      })

      it('gives up waiting for one that hangs: temporary', async () => {
        const { provider } = open(name, 'hang')
        expect(await provider.send(mail())).toEqual({ ok: false, retry: true, reason: 'timeout' })
      })

      it('takes a dropped connection as temporary', async () => {
        const { provider } = open(name, 'reset')
        expect(await provider.send(mail())).toEqual({ ok: false, retry: true, reason: 'network' })
      })

      it('never follows a redirect with the API key', async () => {
        const { provider } = open(name, 'redirect')
        expect(await provider.send(mail())).toEqual({ ok: false, retry: false, reason: 'http_302' })
      })

      it('takes an unreachable address as temporary', async () => {
        const provider = FACTORIES[name]({
          apiKey: 'k',
          from: FROM,
          apiUrl: 'http://127.0.0.1:9',
          clock: () => START,
        })
        expect(await provider.send(mail())).toEqual({ ok: false, retry: true, reason: 'network' })
      })
    })

    it.each([
      ['409=concurrent_idempotent_requests', { ok: false, retry: true, reason: 'http_409' }],
      ['409', { ok: false, retry: true, reason: 'http_409' }],
      [
        '409=invalid_idempotent_request',
        { ok: false, retry: false, reason: 'idempotency_mismatch' },
      ],
    ])('Resend: %s', async (plan, result) => {
      expect(await open('resend', plan).provider.send(mail())).toEqual(result)
    })

    it.each([
      ['422=406', { ok: false, retry: false, reason: 'postmark_406' }],
      ['422=300', { ok: false, retry: false, reason: 'postmark_300' }],
      ['200=406', { ok: false, retry: false, reason: 'postmark_406' }],
      ['422=100', { ok: false, retry: true, reason: 'postmark_100' }],
      ['422=429', { ok: false, retry: true, reason: 'postmark_429' }],
      ['503=100', { ok: false, retry: true, reason: 'http_503' }],
      ['401=10', { ok: false, retry: false, reason: 'postmark_10' }],
      ['409', { ok: false, retry: false, reason: 'http_409' }],
    ])('Postmark: %s', async (plan, result) => {
      expect(await open('postmark', plan).provider.send(mail())).toEqual(result)
    })
  })

  describe('is safe', () => {
    it('reaches nobody twice at Resend when the answer came too late', async () => {
      const { provider, accepted } = open('resend', 'late=5000,ok', 1000)
      const sent = mail()
      expect(await provider.send(sent)).toMatchObject({ retry: true, reason: 'timeout' })
      // The first request is still in work: Resend says so, and that is temporary.
      expect(await provider.send(sent)).toMatchObject({ retry: true, reason: 'http_409' })
      await expect
        .poll(() => provider.send(sent), { timeout: 15_000, interval: 200 })
        .toEqual({ ok: true, providerMessageId: 'mail-1' })
      expect(await accepted()).toHaveLength(1)
    })

    it('loses no mail at Postmark when the answer came too late', async () => {
      const { provider, accepted } = open('postmark', 'late=5000,ok', 1000)
      const sent = mail()
      expect(await provider.send(sent)).toMatchObject({ retry: true, reason: 'timeout' })
      expect(await provider.send(sent)).toMatchObject({ ok: true })
      const mails = await accepted()
      expect(mails.length).toBeGreaterThanOrEqual(1)
      expect(new Set(mails.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    })

    it('sends Resend another content under a used key once and for all', async () => {
      const { provider, accepted } = open('resend', 'ok')
      const sent = mail()
      await provider.send(sent)
      expect(await provider.send({ ...sent, text: 'other' })).toMatchObject({
        retry: false,
        reason: 'idempotency_mismatch',
      })
      expect(await accepted()).toHaveLength(1)
    })

    it.each(NAMES)('%s: no reason carries the recipient, the key or the link', async (name) => {
      for (const plan of ['422=406', '500', 'hang', 'reset', '409=invalid_idempotent_request']) {
        const said = JSON.stringify(await open(name, plan).provider.send(mail()))
        expect(said).not.toMatch(/ada|the-api-key|token|example/)
      }
    })
  })
})
