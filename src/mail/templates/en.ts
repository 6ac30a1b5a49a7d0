import type { MailTexts } from './texts.ts'

export const en = {
  greeting: (name) => `Hello ${name},`,
  greetingWithoutName: 'Hello,',
  unnamedCommunity: 'your community',
  unnamedPerson: 'Somebody',
  linkHint: 'If the button does not work, copy this address into your browser:',
  reason: 'Reason given by the reviewer:',
  sentBy: (appName) => `This mail was sent by ${appName}.`,
  login: {
    device: (name) => `Device: ${name}`,
    deviceName: (browser, os) => `${browser} on ${os}`,
    place: (name) => `Place (estimated): ${name}`,
    placeName: (city, country) => `${city}, ${country}`,
    time: (moment) => `Time: ${moment}`,
    unknown: 'unknown',
  },
  alert: {
    kinds: {
      failed_logins: 'failed logins',
      signups: 'signups',
      mail_failures: 'mails that were given up',
      dead_letters: 'messages that the queue gave up',
      refresh_reuse: 'refresh tokens used twice',
      limiter_errors: 'limiters that did not answer',
    },
    count: (count) => `Within the last hour: ${count}`,
    peak: (count) => `Most within an hour: ${count}`,
    threshold: (count) => `Threshold: ${count}`,
    startedAt: (moment) => `Began: ${moment}`,
    endedAt: (moment) => `Ended: ${moment}`,
  },
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
  password_reset: {
    subject: 'Choose a new password',
    paragraphs: ({ appName }) => [
      `Somebody asked for a new password for your account with ${appName}.`,
      'If it was you, open the link and choose one. All your sessions end then, and you log in again with the new password.',
    ],
    button: 'Choose a new password',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after it was asked for, and once.`,
      'If it was not you, ignore this mail: your password stays as it is.',
    ],
  },
  set_password: {
    subject: 'Choose your password',
    paragraphs: ({ appName }) => [
      `Your account with ${appName} needs a password. Please open the link and choose one.`,
      'After that you can log in with it and with this email address.',
    ],
    button: 'Choose my password',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after this mail was made, and once. Later, “forgot password” on the login page gets you a new one.`,
      'If you know nothing of such an account, ignore this mail.',
    ],
  },
  password_changed: {
    subject: 'Your password was changed',
    paragraphs: ({ appName, when }) => [
      `The password of your account with ${appName} was changed on ${when}.`,
      'If it was you, there is nothing you need to do.',
    ],
    closing: () => [
      'If it was not you, somebody else is in your account: choose “forgot password” on the login page now. The link that we mail you then sets a new password and ends all sessions, theirs too.',
    ],
  },
  refresh_reused: {
    subject: 'We ended all your sessions',
    paragraphs: ({ appName, when }) => [
      `A token that keeps you logged in to ${appName} was used twice, the last time on ${when}. Somebody may have copied it, so we ended all your sessions and forgot your devices.`,
      'Please log in again. If anything in your account looks wrong to you, choose a new password.',
    ],
    button: 'Choose a new password',
    closing: ({ lifetime }) => [
      lifetime
        ? `The link works for ${lifetime} after we ended the sessions, and once. Later, choose “forgot password” on the login page.`
        : 'For a new password, choose “forgot password” on the login page.',
    ],
  },
  account_locked: {
    subject: 'Your account is locked',
    paragraphs: ({ appName, when }) => [
      `Ten wrong passwords in a row were tried for your account with ${appName}, the last one on ${when}. We locked it for everybody but the devices that you have logged in on before.`,
      'A new password unlocks it. If the attempts were not yours, nobody has got in; choose a new password all the same if others could know the old one.',
    ],
    button: 'Choose a new password',
    closing: ({ lifetime }) => [
      lifetime
        ? `The link works for ${lifetime} after the account was locked, and once. Later, choose “forgot password” on the login page.`
        : 'For a new password, choose “forgot password” on the login page.',
      'We write this at most once a day, however often it is tried.',
    ],
  },
  new_device: {
    subject: 'Login from a new device',
    paragraphs: ({ appName }) => [
      `Somebody logged in to your account with ${appName} from a device that we did not know.`,
      'If it was you, there is nothing you need to do. If it was not, use the link: it ends that session, forgets the device and helps you set a new password.',
    ],
    button: 'This was not me',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after the login, and once. Later, choose “forgot password” on the login page.`,
    ],
  },
  otp_code: {
    subject: 'Your confirmation code',
    paragraphs: ({ appName }) => [
      `With this code you confirm a change to your account with ${appName}:`,
    ],
    closing: ({ lifetime }) => [
      `It works for ${lifetime} after you asked for it, and once. Give it to nobody; we never ask you for it.`,
      'If you did not ask for it, somebody is logged in as you: end your other sessions and change your password.',
    ],
  },
  otp_code_to_log_in: {
    subject: 'Your login code',
    paragraphs: ({ appName }) => [
      `With this code, or with the link below it, you log in to ${appName}:`,
    ],
    button: 'Log in',
    closing: ({ lifetime }) => [
      `Code and link work for ${lifetime} after you asked for them, only in the browser or app that asked, and one of them once. Give them to nobody; we never ask you for them.`,
      'If you did not ask for them, ignore this mail: nobody logs in without them.',
    ],
  },
  otp_code_to_sign_up: {
    subject: 'Your signup code',
    paragraphs: ({ appName }) => [
      `With this code, or with the link below it, you show ${appName} that this address is yours, and go on to sign your community up:`,
    ],
    button: 'Go on with the signup',
    closing: ({ lifetime }) => [
      `Code and link work for ${lifetime} after you asked for them, only in the browser or app that asked, and one of them once. Give them to nobody; we never ask you for them.`,
      'If you did not ask for them, ignore this mail: nothing is signed up without them.',
    ],
  },
  invitation: {
    subject: 'You are invited to a community',
    paragraphs: ({ sender, community, appName }) => [
      `${sender} invites you to the community “${community}” on ${appName}.`,
      'Open the link to join. Your account will have this email address.',
    ],
    button: 'Look at the invitation',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after the invitation, and once. Pass it on to nobody: whoever has it can join in your place.`,
      'If you do not want to join or know nobody there, ignore this mail: without the link nothing happens.',
    ],
  },
  invitation_to_account: {
    subject: 'You are invited to a community',
    paragraphs: ({ sender, community, appName }) => [
      `${sender} invites you to the community “${community}” on ${appName}.`,
      'You have an account with this email address already: open the link, log in, and confirm that you want to join.',
    ],
    button: 'Look at the invitation',
    closing: ({ lifetime }) => [
      `The link works for ${lifetime} after the invitation, and once.`,
      'If you do not want to join or know nobody there, ignore this mail: nothing changes then.',
    ],
  },
  email_change_code: {
    subject: 'Confirm your new email address',
    paragraphs: ({ appName }) => [
      `Somebody wants to use this email address for their account with ${appName}. If it is you, enter this code there:`,
    ],
    closing: ({ lifetime }) => [
      `It works for ${lifetime} after you asked for it, and once. Give it to nobody; we never ask you for it.`,
      'If it was not you, ignore this mail: without the code the address is not taken.',
    ],
  },
  email_change_taken: {
    subject: 'Somebody wanted to use your email address',
    paragraphs: ({ appName, when }) => [
      `On ${when} somebody with another account at ${appName} asked to use this email address for it. As it belongs to an account, or did until a few days ago, nothing was changed.`,
    ],
    closing: () => [
      'If it was you: log in with this address, or use another one for the other account. If it was not, there is nothing you need to do.',
    ],
  },
  account_deleted: {
    subject: 'Your account was erased',
    paragraphs: ({ appName, when }) => [
      `Your account with ${appName} was erased on ${when}, as was asked for from within it. Your sessions have ended, and what we stored of you is gone.`,
    ],
    closing: () => [
      'An erased account does not come back. If it was not you, somebody knew your password or could read your mails: change the password of this mailbox.',
    ],
  },
  email_change_notice: {
    subject: 'Your email address was changed',
    paragraphs: ({ appName, when }) => [
      `Your account with ${appName} has another email address since ${when}. Mails about it go there from now on, and this one no longer logs in.`,
      'If it was you, there is nothing you need to do. If it was not, use the link: it brings this address back, ends all sessions, takes the password away and helps you set a new one.',
    ],
    button: 'Undo the change',
    closing: ({ lifetime }) => [`The link works for ${lifetime} after the change, and once.`],
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
      `You can log in to ${appName} now.`,
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
  alert_started: {
    subject: ({ kind }) => `Alert: ${kind}`,
    paragraphs: ({ kind, appName }) => [
      `${appName} counts more than usual: ${kind}. The threshold for one hour is reached.`,
    ],
    closing: 'You get one mail more, when it is over. The admin area shows all alerts.',
  },
  alert_ended: {
    subject: ({ kind }) => `Over: ${kind}`,
    paragraphs: ({ kind, appName }) => [
      `This alert of ${appName} is over: ${kind}. The count has fallen below the threshold, or the threshold was changed or switched off.`,
    ],
    closing: 'There is nothing you need to do. The admin area shows all alerts.',
  },
} satisfies MailTexts
