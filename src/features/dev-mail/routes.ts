/** The local inbox, and the pages of mailed links. Outside ENVIRONMENT=dev none of this exists. */
import type { Context } from 'hono'
import * as z from 'zod'
import { isoTime } from '../../http/envelope.ts'
import { ApiError } from '../../http/errors.ts'
import { type AppEnv, factory } from '../../http/factory.ts'
import { describePlain } from '../../http/openapi.ts'
import { validate } from '../../http/validate.ts'
import { newRandomSecret } from '../../lib/tokens.ts'
import { pagePolicy } from './document.tsx'
import {
  AcceptInvitePage,
  MagicLinkPage,
  NotMePage,
  ResetPasswordPage,
  RevertEmailPage,
  VerifyEmailPage,
} from './link-pages.tsx'
import { InboxPage } from './page.tsx'
import { type DevMail, findDevMails } from './repository.ts'
import { inboxQuery, inboxSchema } from './schemas.ts'

const onlyInDev = factory.createMiddleware(async function onlyInDev(c, next) {
  if (c.get('deps').config.environment !== 'dev') throw new ApiError('not_found')
  await next()
})

const describePage = (summary: string) =>
  describePlain({
    tag: 'Development',
    summary,
    description: 'Only where `ENVIRONMENT` is `dev`; 404 elsewhere.',
    content: { 'text/html': z.string() },
  })

export const devMailRoutes = factory
  .createApp()
  .get(
    '/dev/mail',
    describePage('The local inbox as a page'),
    onlyInDev,
    validate('query', inboxQuery),
    async (c) => {
      const { to } = c.req.valid('query')
      const mails = await findDevMails(c.get('deps').db, to)
      return page(c, (nonce) => InboxPage({ mails, to, nonce }))
    },
  )
  .get(
    '/dev/mail.json',
    describePlain({
      tag: 'Development',
      summary: 'The local inbox, newest mail first',
      description: 'Only where `ENVIRONMENT` is `dev`; 404 elsewhere. The latest 100 mails.',
      content: { 'application/json': inboxSchema },
    }),
    onlyInDev,
    validate('query', inboxQuery),
    async (c) => {
      const mails = await findDevMails(c.get('deps').db, c.req.valid('query').to)
      return c.json({ items: mails.map(toMailView) }, 200)
    },
  )
  .get(
    '/verify-email',
    describePage('The page of a verification link'),
    onlyInDev,
    linkPage(VerifyEmailPage),
  )
  .get(
    '/reset-password',
    describePage('The page of a reset link'),
    onlyInDev,
    linkPage(ResetPasswordPage),
  )
  .get(
    '/not-me',
    describePage('The page of a “this was not me” link'),
    onlyInDev,
    linkPage(NotMePage),
  )
  .get(
    '/magic-link',
    describePage('The page of the link beside a code'),
    onlyInDev,
    linkPage(MagicLinkPage),
  )
  .get(
    '/accept-invite',
    describePage('The page of an invitation'),
    onlyInDev,
    linkPage(AcceptInvitePage),
  )
  .get(
    '/revert-email',
    describePage('The page of a link that takes an address back'),
    onlyInDev,
    linkPage(RevertEmailPage),
  )

function toMailView(mail: DevMail) {
  return {
    id: mail.id,
    to: mail.to,
    subject: mail.subject,
    template: mail.template,
    locale: mail.locale,
    text: mail.text,
    html: mail.html,
    ...(mail.link !== null && { link: mail.link }),
    ...(mail.code !== null && { code: mail.code }),
    sentAt: isoTime(mail.sentAt),
  }
}

function linkPage(render: typeof VerifyEmailPage) {
  return (c: Context<AppEnv>) =>
    page(c, (nonce) => render({ appName: c.get('deps').config.appName, nonce }))
}

function page(
  c: Context<AppEnv>,
  render: (nonce: string) => { toString(): string | Promise<string> },
) {
  const nonce = newRandomSecret()
  c.header('Content-Security-Policy', pagePolicy(nonce))
  c.header('Referrer-Policy', 'no-referrer')
  return c.html(`<!doctype html>${render(nonce)}`, 200)
}
