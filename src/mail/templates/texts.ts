import type { MailTemplate, outbox } from '../../db/schema/index.ts'

export type Locale = (typeof outbox.$inferSelect)['locale']

/** Mails with a link that proves the mailbox. */
export type LinkTemplate = 'signup_confirmation' | 'signup_existing_account' | 'verify_email'

/** Mails about a decision on a community. A new template does not compile until it has its texts in every language. */
export type ReviewTemplate = Exclude<MailTemplate, LinkTemplate>

export interface LinkValues {
  appName: string
  /** Defused. */
  community: string
  /** Lifetime of the link in words. */
  lifetime: string
}

export interface LinkTexts {
  /** Without any name: strangers choose the recipient of these mails, and shall not choose their subject. */
  subject: string
  paragraphs(values: LinkValues): string[]
  button: string
  /** After the link: how long it lives, and what happens if it is ignored. */
  closing(values: LinkValues): string[]
}

export interface ReviewValues {
  appName: string
  /** Defused. */
  community: string
}

export interface ReviewTexts {
  subject(values: ReviewValues): string
  paragraphs(values: ReviewValues): string[]
}

/** All that mails say in one language. */
export type MailTexts = {
  greeting(name: string): string
  greetingWithoutName: string
  /** Stands where nothing is left of a community's name. */
  unnamedCommunity: string
  linkHint: string
  reason: string
  sentBy(appName: string): string
} & Record<LinkTemplate, LinkTexts> &
  Record<ReviewTemplate, ReviewTexts>
