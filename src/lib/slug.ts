/**
 * The readable half of a community's address: `apex-circle`. ASCII only, so that it survives every link, mail client
 * and log, and never two spellings of one slug. The number behind it (`apex-circle-1`) is chosen in the database, where
 * two signups at once cannot take the same one. A slug is never a word that routes or trust hang on, and never looks
 * like an id: communities are addressed by id or slug, and the two must not be confused.
 */
export const SLUG_BASE_MAX_LENGTH = 60
const NO_LATIN_LETTERS = 'community'

/** Latin letters that have no decomposition in Unicode. The others lose their accents by NFKD. */
const LATIN: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  ı: 'i',
  þ: 'th',
  ħ: 'h',
  ŋ: 'ng',
  ŧ: 't',
  ĸ: 'k',
  ə: 'e',
  ǝ: 'e',
  ɛ: 'e',
  ɔ: 'o',
  ɓ: 'b',
  ɗ: 'd',
  ƙ: 'k',
  ƴ: 'y',
  ɣ: 'g',
  ɨ: 'i',
  ʉ: 'u',
  ɲ: 'n',
  ƒ: 'f',
  ƶ: 'z',
  ƀ: 'b',
  ǥ: 'g',
}

const RESERVED = new Set(
  `about abuse access account accounts activate admin administrator admins api app apps approve assets audit auth
  billing blog callback cdn communities config console contact cookie cookies dashboard delete demo dev docs download
  edit email error events export faq favicon feedback files forgot forum health help home host id images import index
  info internal invitation invitations invite jwks legal live localhost log login logo logos logout logs mail
  mailer me media member members message messages metrics moderator new news noreply no-reply notifications null oauth
  official openapi otp owner page password payment payments ping platform policy postmaster press preview pricing privacy
  private production profile public ready refresh register reset robots root search secure security session sessions
  settings setup signin signout signup sitemap sso staff staging static status suggest superadmin superuser support
  system team terms test token true false undefined unsubscribe update upload uploads user users verify version void
  webhook webhooks webmaster well-known www`.split(/\s+/),
)

/** Shaped like a UUID of any version, with or without its dashes. */
const LIKE_AN_ID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/

/**
 * The slug of a name before any number: 1..60 characters of `a-z0-9` in words joined by one dash. A name without any
 * Latin letter gives `community`. Two names may share a base; the number tells them apart.
 */
export function slugBase(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
  const ascii = plain.replace(/\P{ASCII}/gu, (letter) => LATIN[letter] ?? '-')
  const slug = ascii.replace(/[^a-z0-9]+/g, '-').replace(/^-/, '')
  if (!/[a-z]/.test(slug)) return NO_LATIN_LETTERS
  const cut = slug.slice(0, SLUG_BASE_MAX_LENGTH).replace(/-$/, '')
  // Sixty digits and then a word: what is left of it has no letter.
  return /[a-z]/.test(cut) ? cut : NO_LATIN_LETTERS
}

/** True for words that belong to the product (`admin`, `login`, `platform` …) and for what looks like an id. */
export function isReservedSlug(base: string): boolean {
  return RESERVED.has(base) || LIKE_AN_ID.test(base)
}

/** Where the numbers of a base start: 0 means the bare base is free to be had, 1 that it never is (`admin-1`). */
export function firstSlugNumber(base: string): 0 | 1 {
  return isReservedSlug(base) ? 1 : 0
}
