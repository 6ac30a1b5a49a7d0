/**
 * Every mail, from its template's name and its values. Deterministic: the same row gives the same bytes, which the
 * provider compares when a request is repeated under one idempotency key. Names are defused here, once.
 */
import { formatDuration } from './durations.ts'
import { en } from './en.ts'
import { type MailContent, type RenderedMail, renderLayout } from './layout.tsx'
import { safeLine, safeName, safeParagraph } from './safe-name.ts'
import type { LinkTemplate, Locale, MailTexts, ReviewTemplate } from './texts.ts'
import { zh } from './zh.ts'

const TEXTS = { en, zh } satisfies Record<Locale, MailTexts>

interface CommonValues {
  appName: string
  /** The recipient's full name, where it is known. */
  fullName?: string
  communityName: string
}

export interface LinkMailValues extends CommonValues {
  link: string
  /** The lifetime that the link is checked with. */
  linkTtlSeconds: number
}

export interface ReviewMailValues extends CommonValues {
  /** What the reviewer wrote (rejected, suspended). */
  reason?: string
}

/** signup_confirmation, signup_existing_account, verify_email. */
export function renderLinkMail(
  template: LinkTemplate,
  locale: Locale,
  values: LinkMailValues,
): RenderedMail {
  const language: MailTexts = TEXTS[locale]
  const texts = language[template]
  const shown = {
    ...namesIn(language, values),
    lifetime: formatDuration(locale, values.linkTtlSeconds),
  }
  return renderLayout({
    ...frame(language, locale, values),
    subject: texts.subject,
    paragraphs: texts.paragraphs(shown),
    action: { label: texts.button, link: values.link, hint: language.linkHint },
    closing: texts.closing(shown),
  })
}

/** community_under_review, _approved, _rejected, _suspended, _reinstated. */
export function renderReviewMail(
  template: ReviewTemplate,
  locale: Locale,
  values: ReviewMailValues,
): RenderedMail {
  const language: MailTexts = TEXTS[locale]
  const texts = language[template]
  const shown = namesIn(language, values)
  const reason = safeParagraph(values.reason ?? '')
  return renderLayout({
    ...frame(language, locale, values),
    subject: texts.subject(shown),
    paragraphs: texts.paragraphs(shown),
    ...(reason && { quote: { label: language.reason, text: reason } }),
    closing: [],
  })
}

function frame(
  language: MailTexts,
  locale: Locale,
  { appName, fullName }: CommonValues,
): Pick<MailContent, 'locale' | 'greeting' | 'footer'> {
  const name = safeName(fullName ?? '')
  return {
    locale,
    greeting: name ? language.greeting(name) : language.greetingWithoutName,
    footer: language.sentBy(safeLine(appName)),
  }
}

function namesIn(language: MailTexts, { appName, communityName }: CommonValues) {
  return {
    appName: safeLine(appName),
    community: safeName(communityName) || language.unnamedCommunity,
  }
}
