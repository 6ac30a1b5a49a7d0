import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { devMails } from '../../src/db/schema/index.ts'
import type { Deps } from '../../src/deps.ts'
import { devMailRoutes } from '../../src/features/dev-mail/routes.ts'
import { inboxSchema } from '../../src/features/dev-mail/schemas.ts'
import { ApiError, errorResponse } from '../../src/http/errors.ts'
import { factory } from '../../src/http/factory.ts'
import { newId } from '../../src/lib/ids.ts'
import { db, START } from './mail-world.ts'

/** Path, title, what its button POSTs to, and what goes along: a name and the kind of its field. */
const LINK_PAGES: [path: string, title: string, action: string, fields: Record<string, string>][] =
  [
    ['/verify-email', 'Confirm your email address', '/verify-email', {}],
    [
      '/reset-password',
      'Choose a new password',
      '/reset-password',
      { password: 'password', confirmPassword: 'password' },
    ],
    ['/not-me', 'This was not me', '/not-me', {}],
    ['/magic-link', 'Use the link', '/verify-magic', { flowId: 'text', tokenTransport: 'hidden' }],
    [
      '/accept-invite',
      'Accept the invitation',
      '/accept-invite',
      { fullName: 'text', password: 'password', tokenTransport: 'hidden' },
    ],
    ['/revert-email', 'Undo the change of your address', '/revert-email', {}],
  ]

/** Fields that must be filled in. */
const REQUIRED: Record<string, string[]> = { '/reset-password': ['password', 'confirmPassword'] }

const inputsOf = (html: string) =>
  [...html.matchAll(/<input ([^>]*?)\/?>/g)].map(([, attributes = '']) => ({
    name: /\bname="(\w+)"/.exec(attributes)?.[1] ?? '',
    type: /\btype="(\w+)"/.exec(attributes)?.[1] ?? 'text',
    isRequired: /\brequired\b/.test(attributes),
  }))

function createTestApp(environment: 'dev' | 'staging' | 'production' = 'dev') {
  const app = factory.createApp()
  app.use(async (c, next) => {
    c.set('requestId', newId(START))
    c.set('deps', { config: { environment, appName: 'Gatehouse' }, db } as unknown as Deps)
    await next()
  })
  app.onError((error, c) =>
    errorResponse(c, error instanceof ApiError ? error : new ApiError('internal_error')),
  )
  return app.route('/', devMailRoutes)
}

const open = (path: string, environment?: 'dev' | 'staging' | 'production') =>
  createTestApp(environment).request(path, {}, env)

async function keep(changes: Partial<typeof devMails.$inferInsert> = {}) {
  const id = newId(START)
  const mail = {
    id,
    to: `${id}@people.example`,
    subject: 'Confirm',
    template: 'verify_email',
    locale: 'en',
    text: 'The text',
    html: '<!doctype html><html><head></head><body>The <b>html</b></body></html>',
    sentAt: START,
    ...changes,
  }
  await db.insert(devMails).values(mail)
  return mail
}

async function items(path: string) {
  const response = await open(path)
  expect(response.status).toBe(200)
  return inboxSchema.parse(await response.json()).items
}

describe('the local inbox', () => {
  beforeEach(async () => {
    await db.delete(devMails)
  })

  describe('works', () => {
    it('lists mails newest first, with link and code where there are any', async () => {
      const older = await keep({ link: 'https://app.example/verify-email?token=t' })
      const newer = await keep({ sentAt: START + 1, code: '123456' })
      const listed = await items('/dev/mail.json')
      expect(listed.map(({ id }) => id)).toEqual([newer.id, older.id])
      expect(listed[0]).toMatchObject({ code: '123456', sentAt: '2026-10-01T12:00:00.001Z' })
      expect(listed[0]).not.toHaveProperty('link')
      expect(listed[1]).toMatchObject({ link: older.link, text: 'The text', html: older.html })
    })

    it('lists the mails of one address, however it is written', async () => {
      const mail = await keep()
      await keep()
      const listed = await items(
        `/dev/mail.json?to=${encodeURIComponent(` ${mail.to.toUpperCase()} `)}`,
      )
      expect(listed.map(({ id }) => id)).toEqual([mail.id])
      expect(await items('/dev/mail.json?to=nobody@people.example')).toEqual([])
      expect(await items('/dev/mail.json?to=')).toHaveLength(2)
    })

    it('gives the latest hundred and no more', async () => {
      for (let i = 0; i < 101; i++) await keep({ sentAt: START + i })
      const listed = await items('/dev/mail.json')
      expect(listed).toHaveLength(100)
      expect(listed[0]?.sentAt).toBe('2026-10-01T12:00:00.100Z')
    })

    it('shows each mail on a page with its link, and looks for new ones', async () => {
      const mail = await keep({ link: 'https://app.example/verify-email?token=t', code: '654321' })
      const html = await (await open('/dev/mail')).text()
      expect(html).toMatch(/^<!doctype html><html lang="en">/)
      expect(html).toContain(`<a href="${mail.link}">`)
      expect(html).toContain('654321')
      expect(html).toContain(mail.to)
      expect(html).toContain("fetch('/dev/mail.json' + location.search)")
    })

    it('says when there is none, and whose mail is shown', async () => {
      expect(await (await open('/dev/mail')).text()).toContain('No mail yet')
      const html = await (await open('/dev/mail?to=a@b.example')).text()
      expect(html).toContain('Mail to a@b.example.')
      expect(html).toContain('<a href="/dev/mail">Show all</a>')
    })
  })

  describe('refuses', () => {
    it.each(['staging', 'production'] as const)(
      'everything in %s: it does not exist there',
      async (environment) => {
        for (const path of ['/dev/mail', '/dev/mail.json', ...LINK_PAGES.map(([page]) => page)]) {
          const response = await open(path, environment)
          expect(response.status).toBe(404)
          expect(await response.json()).toMatchObject({ code: 'not_found' })
        }
      },
    )

    it('a list of addresses', async () => {
      expect((await open('/dev/mail.json?to=a@b.example&to=c@d.example')).status).toBe(422)
    })
  })

  describe('is safe', () => {
    it('keeps a hostile mail inside a frame without scripts', async () => {
      await keep({
        subject: '</title><script>alert(1)</script>',
        text: '</pre><script>',
        html: '"><script>alert(2)</script>',
      })
      const response = await open('/dev/mail')
      const html = await response.text()
      expect(html.match(/<script/g)).toHaveLength(1)
      expect(html).toContain('sandbox="allow-popups allow-popups-to-escape-sandbox"')
      const policy = response.headers.get('Content-Security-Policy') ?? ''
      const nonce = /<script nonce="([\w-]{43})">/.exec(html)?.[1]
      expect(policy).toContain(`script-src 'nonce-${nonce}';`)
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
    })

    it('escapes what the address asks for', async () => {
      const html = await (await open('/dev/mail?to=%22%3E%3Cscript%3Ealert(1)')).text()
      expect(html.match(/<script/g)).toHaveLength(1)
    })

    it('uses another nonce for each page', async () => {
      const [one, two] = await Promise.all([open('/dev/mail'), open('/dev/mail')])
      expect(one.headers.get('Content-Security-Policy')).not.toBe(
        two.headers.get('Content-Security-Policy'),
      )
    })
  })
})

describe.each(LINK_PAGES)('GET %s', (path, title, action, fields) => {
  describe('works', () => {
    it('is a page whose one button POSTs the token, with what was typed', async () => {
      const response = await open(`${path}?token=secret-token`)
      expect(response.status).toBe(200)
      const html = await response.text()
      expect(html.match(/<button/g)).toHaveLength(1)
      expect(html).toContain(`<form data-path="/api/v1/auth${action}">`)
      expect(html).toContain('fetch(form.dataset.path, {')
      expect(html).toContain("method: 'POST'")
      expect(html).toContain(`<title>Gatehouse: ${title}</title>`)
      const inputs = inputsOf(html)
      expect(Object.fromEntries(inputs.map(({ name, type }) => [name, type]))).toEqual(fields)
      const required = inputs.filter(({ isRequired }) => isRequired).map(({ name }) => name)
      expect(required).toEqual(REQUIRED[path] ?? [])
    })
  })

  describe('is safe', () => {
    it('never contains the token, sends no referrer and runs no other script', async () => {
      const response = await open(`${path}?token=%3Cscript%3Esecret-token`)
      const html = await response.text()
      expect(html).not.toContain('secret-token')
      expect(html.match(/<script/g)).toHaveLength(1)
      expect(html).toContain("history.replaceState(null, '', location.pathname)")
      expect(response.headers.get('Referrer-Policy')).toBe('no-referrer')
      const policy = response.headers.get('Content-Security-Policy') ?? ''
      expect(policy).toMatch(/script-src 'nonce-[\w-]{43}'/)
      expect(policy).not.toMatch(/script-src[^;]*unsafe/)
      expect(policy).toContain("form-action 'none'")
    })
  })
})
