import type { AlertKind, MailTemplate, outbox } from '../../db/schema/index.ts'

export type Locale = (typeof outbox.$inferSelect)['locale']

/** Mails about a decision on a community. */
export type ReviewTemplate = Extract<MailTemplate, `community_${string}`>

/** Mails to whoever operates the service. */
export type AlertTemplate = Extract<MailTemplate, `alert_${string}`>

/** Mails to a person about a mailbox or an account. A new template does not compile until it has its texts in every language. */
export type PersonalTemplate = Exclude<MailTemplate, ReviewTemplate | AlertTemplate>

/** What is worded differently though the template is one: by what a code is for, and for people with an account. */
export type PersonalMail =
  | PersonalTemplate
  | 'otp_code_to_log_in'
  | 'otp_code_to_sign_up'
  | 'invitation_to_account'

export interface PersonalValues {
  appName: string
  /** Who invites. Defused. */
  sender: string
  /** Defused. */
  community: string
  /** How long the link or the code works, in words; empty where the mail carries neither. */
  lifetime: string
  /** The moment that the mail tells of, in words. */
  when: string
}

export interface PersonalTexts {
  /** Without any name or code: strangers set some of these mails off, and lock screens show every subject. */
  subject: string
  paragraphs(values: PersonalValues): string[]
  /** Of mails with a link. */
  button?: string
  /** After link or code: how long it lives, and what to do if one did not ask for it. */
  closing(values: PersonalValues): string[]
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

/** Where and when somebody logged in. */
export interface LoginTexts {
  device(name: string): string
  deviceName(browser: string, os: string): string
  place(name: string): string
  placeName(city: string, country: string): string
  time(moment: string): string
  unknown: string
}

export interface AlertValues {
  appName: string
  /** What was counted, in words. */
  kind: string
}

export interface AlertTexts {
  subject(values: AlertValues): string
  paragraphs(values: AlertValues): string[]
  closing: string
}

/** The facts of an alert, a line each. */
export interface AlertFactTexts {
  kinds: Record<AlertKind, string>
  count(count: number): string
  peak(count: number): string
  threshold(count: number): string
  startedAt(moment: string): string
  endedAt(moment: string): string
}

/** All that mails say in one language. */
export type MailTexts = {
  greeting(name: string): string
  greetingWithoutName: string
  /** Stands where nothing is left of a community's name. */
  unnamedCommunity: string
  /** The same for a person's. */
  unnamedPerson: string
  linkHint: string
  reason: string
  sentBy(appName: string): string
  login: LoginTexts
  alert: AlertFactTexts
} & Record<PersonalMail, PersonalTexts> &
  Record<ReviewTemplate, ReviewTexts> &
  Record<AlertTemplate, AlertTexts>
