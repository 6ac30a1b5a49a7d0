/** Values and renderings that the tests of the templates share. */
import {
  renderAlertMail,
  renderPersonalMail,
  renderReviewMail,
} from '../../src/mail/templates/render.ts'
import type {
  AlertTemplate,
  Locale,
  PersonalMail,
  ReviewTemplate,
} from '../../src/mail/templates/texts.ts'

const SIGNUP_TEMPLATES: PersonalMail[] = [
  'signup_confirmation',
  'signup_existing_account',
  'verify_email',
]
export const INVITATIONS: PersonalMail[] = ['invitation', 'invitation_to_account']
/** A code and a link of one challenge. */
export const CODE_AND_LINK: PersonalMail[] = ['otp_code_to_log_in', 'otp_code_to_sign_up']
export const CODE_ALONE: PersonalMail[] = ['otp_code', 'email_change_code']
export const CODE_TEMPLATES = [...CODE_ALONE, ...CODE_AND_LINK]
const WITHOUT_EITHER: PersonalMail[] = ['password_changed', 'email_change_taken', 'account_deleted']
export const LINK_TEMPLATES: PersonalMail[] = [
  ...SIGNUP_TEMPLATES,
  ...INVITATIONS,
  ...CODE_AND_LINK,
  'password_reset',
  'set_password',
  'refresh_reused',
  'account_locked',
  'new_device',
  'email_change_notice',
]
/** Every wording: what is one template may be worded differently. */
export const PERSONAL_MAILS = [...LINK_TEMPLATES, ...CODE_ALONE, ...WITHOUT_EITHER]
const REVIEW_TEMPLATES: ReviewTemplate[] = [
  'community_under_review',
  'community_approved',
  'community_rejected',
  'community_suspended',
  'community_reinstated',
]
/** To operators, whoever they are. */
export const ALERT_TEMPLATES: AlertTemplate[] = ['alert_started', 'alert_ended']
export const WITH_REASON: ReviewTemplate[] = ['community_rejected', 'community_suspended']
export const LOCALES: Locale[] = ['en', 'zh']
export const LINK = 'https://app.example/verify-email?token=abc_DEF-123'
export const CODE = '042137'
export const MOMENT = Date.UTC(2026, 9, 1, 9, 5)
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0'

export type Template = PersonalMail | ReviewTemplate | AlertTemplate

export interface Values {
  appName: string
  fullName?: string
  communityName: string
  /** Who invites. */
  senderName?: string
  reason?: string
  userAgent: string | null
  city: string | null
  country: string | null
  /** LINK where left out. */
  link?: string
}

export const PLAIN: Values = {
  appName: 'Gatehouse',
  fullName: 'Ada Lovelace',
  communityName: 'Apex Circle',
  senderName: 'Mira Rao',
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
  const alert = ALERT_TEMPLATES.find((one) => one === template)
  if (alert) {
    const facts = { kind: 'signups', threshold: 50, count: 51, peak: 73 } as const
    const times = { startedAt: MOMENT, endedAt: MOMENT + 3_600_000 }
    return renderAlertMail(alert, locale, { ...values, ...facts, ...times })
  }
  const login = { ...values, createdAt: MOMENT }
  const { link = LINK } = values
  return renderPersonalMail(template as PersonalMail, locale, {
    ...values,
    happenedAt: MOMENT,
    link: undefined,
    ...(hasLink && includes(LINK_TEMPLATES, template) && { link, ttlSeconds: 86_400 }),
    ...(includes(CODE_TEMPLATES, template) && { code: CODE, ttlSeconds: 300 }),
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

export const NAMING_COMMUNITY: Template[] = [
  ...SIGNUP_TEMPLATES,
  ...INVITATIONS,
  ...REVIEW_TEMPLATES,
]
const ALL: Template[] = [...PERSONAL_MAILS, ...REVIEW_TEMPLATES, ...ALERT_TEMPLATES]
export const cases = inBoth(ALL)
