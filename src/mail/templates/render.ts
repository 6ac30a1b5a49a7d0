/**
 * Every mail, from its template's name and its values. Deterministic: the same row gives the same bytes, which the
 * provider compares when a request is repeated under one idempotency key. Names are defused here, once.
 */
import type { AlertKind } from '../../db/schema/index.ts'
import { en } from './en.ts'
import { type MailContent, type RenderedMail, renderLayout } from './layout.ts'
import { type Login, loginFacts } from './login-facts.ts'
import { safeLine, safeName, safeParagraph } from './safe-name.ts'
import type { AlertTemplate, Locale, MailTexts, PersonalMail, ReviewTemplate } from './texts.ts'
import { formatDuration, formatMoment } from './times.ts'
import { zh } from './zh.ts'

const TEXTS = { en, zh } satisfies Record<Locale, MailTexts>

interface CommonValues {
  appName: string
  /** The recipient's full name, where it is known. */
  fullName?: string
  communityName?: string
}

export interface PersonalMailValues extends CommonValues {
  /** The moment that the mail tells of, ms UTC. */
  happenedAt: number
  link?: string
  code?: string
  /** The lifetime that link or code is checked with. */
  ttlSeconds?: number
  /** The login that the mail tells of (new_device). */
  login?: Login
  /** Full name of who invites (invitation). */
  senderName?: string
}

export interface ReviewMailValues extends CommonValues {
  /** What the reviewer wrote (rejected, suspended). */
  reason?: string
}

export interface AlertMailValues extends Pick<CommonValues, 'appName' | 'fullName'> {
  kind: AlertKind
  threshold: number
  /** At the moment that the mail tells of. */
  count: number
  peak: number
  /** ms UTC. */
  startedAt: number
  endedAt: number | null
}

/** All mails to a person about a mailbox or an account. */
export function renderPersonalMail(
  template: PersonalMail,
  locale: Locale,
  values: PersonalMailValues,
): RenderedMail {
  const language: MailTexts = TEXTS[locale]
  const texts = language[template]
  const { link, code, ttlSeconds, login } = values
  const shown = {
    ...namesIn(language, values),
    sender: safeName(values.senderName ?? '') || language.unnamedPerson,
    lifetime: ttlSeconds === undefined ? '' : formatDuration(locale, ttlSeconds),
    when: formatMoment(locale, values.happenedAt),
  }
  return renderLayout({
    ...frame(language, locale, values),
    subject: texts.subject,
    paragraphs: texts.paragraphs(shown),
    ...(login && { facts: loginFacts(language.login, locale, login) }),
    ...(code && { code }),
    ...(link && texts.button && { action: { label: texts.button, link, hint: language.linkHint } }),
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

/** alert_started, alert_ended. The first says nothing of what comes after the beginning: it stays the same until it is sent. */
export function renderAlertMail(
  template: AlertTemplate,
  locale: Locale,
  values: AlertMailValues,
): RenderedMail {
  const language: MailTexts = TEXTS[locale]
  const { kinds, ...facts } = language.alert
  const { count, threshold, peak, startedAt, endedAt } = values
  const shown = { appName: safeLine(values.appName), kind: kinds[values.kind] }
  const ends = [
    facts.peak(peak),
    ...(endedAt === null ? [] : [facts.endedAt(formatMoment(locale, endedAt))]),
  ]
  const texts = language[template]
  return renderLayout({
    ...frame(language, locale, values),
    subject: texts.subject(shown),
    paragraphs: texts.paragraphs(shown),
    facts: [
      facts.count(count),
      facts.threshold(threshold),
      facts.startedAt(formatMoment(locale, startedAt)),
      ...(template === 'alert_ended' ? ends : []),
    ],
    closing: [texts.closing],
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
    community: safeName(communityName ?? '') || language.unnamedCommunity,
  }
}
