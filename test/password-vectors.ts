import type { PasswordReason } from '../src/lib/password-policy.ts'

/** What the account of the vectors knows: every route that sets a password is tested with this owner and community. */
export const VECTOR_ACCOUNT = {
  email: 'asha.deshmukh@ferris-lab.example',
  firstName: 'Asha',
  lastName: 'Deshmukh',
  communityName: 'Rust Pune',
  communitySlug: 'rust-pune',
  appName: 'Gatehouse',
} as const

export interface PasswordVector {
  password: string
  /** `accepted`, or the first rule it breaks. */
  verdict: 'accepted' | PasswordReason
  why: string
}

/** One table for signup, reset, change, invitation and the admin script. All of it survives JSON. */
export const PASSWORD_VECTORS: readonly PasswordVector[] = [
  { password: 'Kj7#qmpl', verdict: 'accepted', why: 'eight characters, four kinds' },
  { password: 'Kj7qmplx', verdict: 'accepted', why: 'eight characters, three kinds' },
  { password: 'kj7#qmpl', verdict: 'accepted', why: 'three kinds without a capital' },
  { password: 'violet kettle argues northward', verdict: 'accepted', why: 'a passphrase' },
  { password: 'wolkenkratzertee', verdict: 'accepted', why: 'sixteen small letters' },
  { password: '  Kj7#qm  ', verdict: 'accepted', why: 'spaces at the ends count' },
  {
    password: '我的密码很长1aB',
    verdict: 'accepted',
    why: 'letters without case are the fourth kind',
  },
  { password: 'Äß7x!öüq', verdict: 'accepted', why: 'letters beyond ASCII have their case' },
  { password: '🐙🦀🐢🐍🦎aB1', verdict: 'accepted', why: 'pictures count as characters' },
  { password: 'Kj7#qmplKj7#qmplZ'.repeat(7), verdict: 'accepted', why: '119 characters' },
  { password: `Kj7#q${'mx'.repeat(61)}p`, verdict: 'accepted', why: '128 characters' },
  {
    password: `Kj7#q${'🦀'.repeat(123)}`,
    verdict: 'accepted',
    why: '128 characters of many bytes',
  },
  { password: `Kj7#q${'e\u0323\u0302'.repeat(123)}`, verdict: 'accepted', why: '128 after NFC' },

  { password: '', verdict: 'password_too_short', why: 'nothing' },
  { password: 'Kj7#qmp', verdict: 'password_too_short', why: 'seven characters' },
  {
    password: 'e\u0301e\u0301e\u0301e\u0301A1',
    verdict: 'password_too_short',
    why: 'six after NFC',
  },
  { password: '🦀🐙Aa1!x', verdict: 'password_too_short', why: 'a picture is one character' },
  { password: `Kj7#q${'mx'.repeat(62)}`, verdict: 'password_too_long', why: '129 characters' },
  { password: 'Kj7#qmpl'.repeat(6000), verdict: 'password_too_long', why: '48 000 characters' },
  { password: 'kjwqmplxvz', verdict: 'password_few_kinds', why: 'one kind' },
  { password: 'kjwqmplx77', verdict: 'password_few_kinds', why: 'two kinds' },
  { password: 'KJWQMPLX77', verdict: 'password_few_kinds', why: 'capitals and digits' },
  { password: 'wolkenkratzert', verdict: 'password_few_kinds', why: 'fourteen small letters' },
  { password: '我的密码很长很长', verdict: 'password_few_kinds', why: 'eight letters of one kind' },
  { password: 'Aa1!Aa1!Aa', verdict: 'password_repetitive', why: 'four different characters' },
  { password: 'a'.repeat(15), verdict: 'password_repetitive', why: 'one character' },
  { password: ' '.repeat(20), verdict: 'password_repetitive', why: 'spaces only' },
  { password: 'Kj7#qm\u0000pl', verdict: 'password_unusable_character', why: 'a NUL' },
  { password: 'Kj7#qm\tpl', verdict: 'password_unusable_character', why: 'a tab' },
  { password: 'Kj7#qmpl\n', verdict: 'password_unusable_character', why: 'a line break' },
  { password: 'Kj7#qm\u0085pl', verdict: 'password_unusable_character', why: 'a C1 control' },
  { password: 'Kj7#qmpl\ud83e', verdict: 'password_unusable_character', why: 'half a character' },
  { password: 'Password1!', verdict: 'password_common', why: 'the most common of all' },
  { password: 'Password123!', verdict: 'password_common', why: 'and what follows it' },
  { password: 'Qwerty12345!', verdict: 'password_common', why: 'the first keys' },
  { password: 'P@ssw0rd', verdict: 'password_common', why: 'signs in place of letters' },
  { password: 'pASSWORD1', verdict: 'password_common', why: 'capitals change nothing' },
  { password: 'Welcome2024!', verdict: 'password_common', why: 'a word and a year' },
  { password: 'Summer2026!', verdict: 'password_common', why: 'a season and a year' },
  { password: '1qaz@WSX3edc', verdict: 'password_common', why: 'keys in a column' },
  { password: 'passwordpassword', verdict: 'password_common', why: 'twice the same' },
  { password: 'correct horse battery staple', verdict: 'password_common', why: 'a famous one' },
  { password: '123456789012345', verdict: 'password_common', why: 'the digits in a row' },
  { password: 'Zyxwvutsrqponmlkjihgfedcba', verdict: 'password_common', why: 'backwards' },
  { password: 'asdfghjklqwertyuiop', verdict: 'password_common', why: 'two rows of keys' },
  { password: '1q2w3e4r5t6y7u8i', verdict: 'password_common', why: 'two rows in turns' },
  { password: '147258369147258369', verdict: 'password_common', why: 'columns of a number pad' },
  { password: 'QWERTY1234567890', verdict: 'password_common', why: 'a row and the digits' },
  { password: 'RustPune2026!', verdict: 'password_context_word', why: 'the community' },
  {
    password: 'xx-rust.PUNE-77',
    verdict: 'password_context_word',
    why: 'the community, spelled apart',
  },
  {
    password: 'D\u00e9shmukh-77x',
    verdict: 'password_context_word',
    why: 'the name with an accent',
  },
  { password: 'my ferris wheel 9', verdict: 'password_context_word', why: 'a word of the domain' },
  { password: 'ashaDESHMUKH99!', verdict: 'password_context_word', why: 'the local part' },
  { password: 'iLoveGatehouse#1', verdict: 'password_context_word', why: 'the product' },
]
