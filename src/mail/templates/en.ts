import type { MailTexts } from './texts.ts'

export const en = {
  greeting: (name) => `Hello ${name},`,
  greetingWithoutName: 'Hello,',
  unnamedCommunity: 'your community',
  linkHint: 'If the button does not work, copy this address into your browser:',
  reason: 'Reason given by the reviewer:',
  sentBy: (appName) => `This mail was sent by ${appName}.`,
  signup_confirmation: {
    subject: 'Confirm your email address',
    paragraphs: ({ community, appName }) => [
      `Thank you for signing up the community “${community}” with ${appName}.`,
      'Please confirm that this is your email address. We review the community after that, and tell you by mail what was decided.',
    ],
    button: 'Confirm my email address',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after the signup, and once.`,
      'If you did not sign up, ignore this mail: without the link nothing is confirmed.',
    ],
  },
  signup_existing_account: {
    subject: 'Take over a new community into your account',
    paragraphs: ({ community, appName }) => [
      `The community “${community}” was signed up with your email address, which already has an account with ${appName}.`,
      'If it was you, open the link and confirm: the community then belongs to the account you have, and you keep your password. The password typed into the form is thrown away.',
    ],
    button: 'Take the community over',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after the signup, and once.`,
      'If it was not you, ignore this mail: nothing happens to your account.',
    ],
  },
  verify_email: {
    subject: 'Your new link to confirm your email address',
    paragraphs: ({ community }) => [
      `Here is the new link that confirms your email address for the community “${community}”. The older link no longer works.`,
    ],
    button: 'Confirm my email address',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after you asked for it, and once.`,
      'If you did not ask for it, ignore this mail: without the link nothing is confirmed.',
    ],
  },
  community_under_review: {
    subject: ({ community }) => `${community} is under review`,
    paragraphs: ({ community, appName }) => [
      `We have started to review the community “${community}”.`,
      `There is nothing you need to do. ${appName} tells you by mail what was decided.`,
    ],
  },
  community_approved: {
    subject: ({ community }) => `${community} is approved`,
    paragraphs: ({ community, appName }) => [
      `Good news: the community “${community}” is approved.`,
      `You can log in to ${appName} now with your email address and your password.`,
    ],
  },
  community_rejected: {
    subject: ({ community }) => `${community} was not approved`,
    paragraphs: ({ community }) => [
      `We have reviewed the community “${community}” and could not approve it.`,
    ],
  },
  community_suspended: {
    subject: ({ community }) => `${community} is suspended`,
    paragraphs: ({ community }) => [
      `The community “${community}” is suspended. Nobody can log in to it for the time being, and everybody has been logged out of it.`,
    ],
  },
  community_reinstated: {
    subject: ({ community }) => `${community} is active again`,
    paragraphs: ({ community, appName }) => [
      `The community “${community}” is no longer suspended.`,
      `You and your members can log in to ${appName} again.`,
    ],
  },
} satisfies MailTexts
