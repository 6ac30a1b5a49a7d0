/** Values and renderings that the tests of the templates share. */
import { renderPersonalMail, renderReviewMail } from '../../src/mail/templates/render.ts'
import type { Locale, PersonalTemplate, ReviewTemplate } from '../../src/mail/templates/texts.ts'

const SIGNUP_TEMPLATES: PersonalTemplate[] = [
  'signup_confirmation',
  'signup_existing_account',
  'verify_email',
]
const ACCOUNT_TEMPLATES: PersonalTemplate[] = [
  'password_reset',
  'set_password',
  'password_changed',
  'refresh_reused',
  'account_locked',
  'new_device',
  'otp_code',
]
export const PERSONAL_TEMPLATES = [...SIGNUP_TEMPLATES, ...ACCOUNT_TEMPLATES]
export const LINK_TEMPLATES = PERSONAL_TEMPLATES.filter(
  (one) => one !== 'password_changed' && one !== 'otp_code',
)
const REVIEW_TEMPLATES: ReviewTemplate[] = [
  'community_under_review',
  'community_approved',
  'community_rejected',
  'community_suspended',
  'community_reinstated',
]
export const WITH_REASON: ReviewTemplate[] = ['community_rejected', 'community_suspended']
export const LOCALES: Locale[] = ['en', 'zh']
export const LINK = 'https://app.example/verify-email?token=abc_DEF-123'
export const CODE = '042137'
export const MOMENT = Date.UTC(2026, 9, 1, 9, 5)
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'

export type Template = PersonalTemplate | ReviewTemplate

interface Values {
  appName: string
  fullName?: string
  communityName: string
  reason?: string
  userAgent: string | null
  city: string | null
  country: string | null
}

export const PLAIN: Values = {
  appName: 'Gatehouse',
  fullName: 'Ada Lovelace',
  communityName: 'Apex Circle',
  reason: 'Please add a website.',
  userAgent: FIREFOX,
  city: 'Kathmandu',
  country: 'NP',
}

export const includes = (list: readonly string[], template: string) => list.includes(template)

export function render(template: Template, locale: Locale, values: Values, hasLink = true) {
  const review = REVIEW_TEMPLATES.find((one) => one === template)
  if (review) {
    const reason = includes(WITH_REASON, template) ? values.reason : undefined
    return renderReviewMail(review, locale, { ...values, reason })
  }
  const login = { ...values, createdAt: MOMENT }
  return renderPersonalMail(template as PersonalTemplate, locale, {
    ...values,
    happenedAt: MOMENT,
    ...(hasLink && includes(LINK_TEMPLATES, template) && { link: LINK, ttlSeconds: 86_400 }),
    ...(template === 'otp_code' && { code: CODE, ttlSeconds: 300 }),
    ...(template === 'new_device' && { login }),
  })
}

/** The tags and attribute names of an HTML text in their order, as a real parser sees them, and its visible text. */
export async function parse(html: string) {
  const tags: string[] = []
  const hrefs: string[] = []
  const texts: string[] = []
  const rewriter = new HTMLRewriter().on('*', {
    element(element) {
      const names = [...element.attributes].map(([name]) => name)
      tags.push([element.tagName, ...names].join(' '))
      const href = element.getAttribute('href')
      if (href !== null) hrefs.push(href.replaceAll('&amp;', '&'))
    },
    text: (chunk) => void texts.push(chunk.text),
  })
  await rewriter.transform(new Response(html)).text()
  const visible = texts
    .join('')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
  return { tags, hrefs, visible }
}

export const inBoth = <T extends Template>(templates: readonly T[]) =>
  templates.flatMap((template) => LOCALES.map((locale) => [template, locale] as const))

export const NAMING_COMMUNITY: Template[] = [...SIGNUP_TEMPLATES, ...REVIEW_TEMPLATES]
const ALL: Template[] = [...PERSONAL_TEMPLATES, ...REVIEW_TEMPLATES]
export const cases = inBoth(ALL)
