export const USER_AGENT_MAX_LENGTH = 300

/** What a browser says of itself, fit to be stored: no controls, 300 characters at most, null where there is nothing. */
export function cutUserAgent(text: string | undefined): string | null {
  const shown = (text ?? '')
    .replace(/\p{Cc}+/gu, '')
    .trim()
    .slice(0, USER_AGENT_MAX_LENGTH)
  // The cut may have halved a surrogate pair.
  return shown.replace(/\p{Cs}+/gu, '').trim() || null
}
