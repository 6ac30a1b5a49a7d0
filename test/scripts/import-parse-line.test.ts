/// <reference types="vite/types/importMeta.d.ts" />
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { parseLine } from '../../scripts/import/parse-line.ts'
import { communityLine, userLine } from './import-world.ts'

const NOW = Date.UTC(2026, 5, 1)
const BCRYPT = hashSync('Velvet-Harbour-27', 4)
const ARGON2 = '$argon2id$v=19$m=65536,t=3,p=4$AAECAwQFBgcICQoLDA0ODw$AAECAwQFBgcICQoLDA0ODw'

const PAGES = import.meta.glob<string>('../../docs/import.md', {
  query: '?raw',
  import: 'default',
  eager: true,
})

const parse = (line: object | string) =>
  parseLine(typeof line === 'string' ? line : JSON.stringify(line), NOW)

function recordOf(line: object) {
  const parsed = parse(line)
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.record
}

function reasonOf(line: object | string): string {
  const parsed = parse(line)
  return parsed.ok ? 'not refused' : parsed.reason
}

describe('a line of an import works', () => {
  it('as a community, by the rules of the signup form', () => {
    const line = communityLine({
      name: '  Zażółć   Gęślą ',
      officialEmail: ' Hello@Zazolc.EXAMPLE ',
      website: 'www.zazolc.example/about',
      contactPhone: '+44 (0)20 7946 0000',
      socialLinks: { github: 'https://github.com/x', twitter: '' },
    })
    expect(recordOf(line)).toEqual({
      type: 'community',
      name: 'Zażółć Gęślą',
      nameKey: 'zazolcgesla',
      slugBase: 'zazolc-gesla',
      isSlugFixed: false,
      bio: 'We meet each month to build things together.',
      country: 'India',
      city: 'Pune',
      officialEmail: 'hello@zazolc.example',
      website: 'https://www.zazolc.example/about',
      domain: 'zazolc.example',
      contactPhone: '+442079460000',
      timezone: 'Asia/Kolkata',
      socialLinks: { github: 'https://github.com/x' },
      status: 'approved',
    })
  })

  it('as a community with its least, and with a slug and a status of its own', () => {
    const { name, bio, country, city, officialEmail } = communityLine()
    const least = { type: 'community', name, bio, country, city, officialEmail }
    expect(recordOf(least)).toMatchObject({
      website: null,
      domain: null,
      contactPhone: null,
      timezone: null,
      socialLinks: {},
    })
    const own = { ...least, slug: 'old-address-7', status: 'active' }
    expect(recordOf(own)).toMatchObject({
      slugBase: 'old-address-7',
      isSlugFixed: true,
      status: 'active',
    })
  })

  it('as a person, whose community is named or known by its official address', () => {
    const line = userLine(' Apex  CIRCLE ', {
      email: ' Mira@People.EXAMPLE',
      role: 'Moderator',
      locale: 'zh-Hant',
      passwordHash: BCRYPT,
      createdAt: '2019-04-01T14:00:00+02:00',
    })
    expect(recordOf(line)).toEqual({
      type: 'user',
      nameKey: 'apexcircle',
      officialEmail: null,
      email: 'mira@people.example',
      fullName: 'Mira Rao',
      role: 'Moderator',
      locale: 'zh',
      passwordHash: BCRYPT,
      createdAt: Date.UTC(2019, 3, 1, 12),
    })
    const { createdAt: _, ...undated } = userLine('Hello@Apex.example')
    expect(recordOf(undated)).toMatchObject({
      nameKey: null,
      officialEmail: 'hello@apex.example',
      role: 'Member',
      locale: 'en',
      passwordHash: null,
      createdAt: null,
    })
  })

  it.each([
    BCRYPT,
    BCRYPT.replace('$2b$', '$2a$'),
    BCRYPT.replace('$2b$', '$2y$'),
    BCRYPT.replace('$04$', '$14$'),
    ARGON2,
    ARGON2.replace('argon2id', 'argon2i'),
  ])('with the hash %s', (passwordHash) => {
    expect(recordOf(userLine('Apex', { passwordHash }))).toMatchObject({ passwordHash })
  })
})

describe('the example in docs/import.md', () => {
  it('is taken line by line', () => {
    const [page = ''] = Object.values(PAGES)
    const lines = /```json\n(.*?)\n```/s.exec(page)?.[1]?.split('\n') ?? []
    expect(lines.map((line) => parse(line).ok)).toEqual([true, true, true])
  })
})

describe('a line of an import is refused', () => {
  it.each([
    ['no JSON', '{"type":"user",', 'not one JSON object'],
    ['a list', '[]', 'not one JSON object'],
    ['null', 'null', 'not one JSON object'],
    ['a text', '"user"', 'not one JSON object'],
    ['another type', { type: 'admin' }, 'type: Use community or user.'],
    ['no type', {}, 'type: Use community or user.'],
    ['a short name', communityLine({ name: 'A' }), 'name: The community name needs at least 2'],
    ['no description', communityLine({ bio: undefined }), 'bio: The description'],
    [
      'an address that is none',
      communityLine({ officialEmail: 'hello' }),
      'officialEmail: This is',
    ],
    ['an inner website', communityLine({ website: 'http://localhost' }), 'website: Enter the full'],
    ['a phone without a country', communityLine({ contactPhone: '020 7946' }), 'contactPhone: '],
    ['an unknown time zone', communityLine({ timezone: 'Pune' }), 'timezone: Use an IANA'],
    ['a link that is none', communityLine({ socialLinks: { github: 'x' } }), 'socialLinks: '],
    ['a reserved slug', communityLine({ slug: 'admin' }), 'slug: Use small letters'],
    ['a slug in capitals', communityLine({ slug: 'Apex' }), 'slug: Use small letters'],
    [
      'a pending community',
      communityLine({ status: 'pending' }),
      'status: Use approved or active.',
    ],
    ['the role Admin', userLine('Apex', { role: 'Admin' }), 'role: Use CommunityOwner, Moderator'],
    ['a role that is none', userLine('Apex', { role: 'owner' }), 'role: Use CommunityOwner'],
    ['two addresses', userLine('Apex', { email: 'a@b.example,c@d.example' }), 'email: This is not'],
    [
      'an address that is no text',
      userLine('Apex', { email: 7 }),
      'email: Enter your email address',
    ],
    ['no name', userLine('Apex', { fullName: ' ' }), 'fullName: The name is required'],
    [
      'a hidden character',
      userLine('Apex', { fullName: 'A\u202eB' }),
      'fullName: The name contains',
    ],
    ['no community', userLine(' '), 'community: Name the community'],
    [
      'no word on the address',
      userLine('Apex', { emailVerified: undefined }),
      'emailVerified: Must be',
    ],
    [
      'an unproven address',
      userLine('Apex', { emailVerified: false }),
      'emailVerified: Must be true',
    ],
    [
      'a truth in words',
      userLine('Apex', { emailVerified: 'true' }),
      'emailVerified: Must be true',
    ],
    [
      'a day without a time',
      userLine('Apex', { createdAt: '2019-04-01' }),
      'createdAt: Use a moment',
    ],
    [
      'a day that is none',
      userLine('Apex', { createdAt: '2019-02-31T12:00:00Z' }),
      'createdAt: Use',
    ],
    ['the future', userLine('Apex', { createdAt: '2026-06-01T00:00:01Z' }), 'lies in the future'],
    [
      'no word on the hash',
      userLine('Apex', { passwordHash: undefined }),
      'passwordHash: Give the hash',
    ],
    [
      'an unknown field',
      userLine('Apex', { rol: 'Member' }),
      'Has a field that is not known: rol.',
    ],
  ])('for %s', (_name, line, reason) => {
    expect(reasonOf(line)).toContain(reason)
  })

  it('for several things at once, naming each', () => {
    const reason = reasonOf(userLine('Apex', { role: 'Admin', email: 'x', emailVerified: false }))
    expect(reason).toContain('role: ')
    expect(reason).toContain('email: ')
    expect(reason).toContain('emailVerified: ')
  })
})

describe('a line of an import is safe', () => {
  it.each([
    ['bcrypt of cost 15', BCRYPT.replace('$04$', '$15$')],
    ['bcrypt of cost 31', BCRYPT.replace('$04$', '$31$')],
    ['bcrypt that is cut', BCRYPT.slice(0, -1)],
    ['argon2 of 4 GiB', ARGON2.replace('m=65536', 'm=4194304')],
    ['argon2 of a thousand passes', ARGON2.replace('t=3', 't=1000')],
    ['argon2d', ARGON2.replace('argon2id', 'argon2d')],
    ['a hash that claims a pepper of ours', ARGON2.replace('p=4', 'p=4,keyid=00000001')],
    ['scrypt', '$scrypt$ln=15,r=8,p=3$c2FsdA$aGFzaA'],
    ['SHA-1', '5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8'],
    ['plain text', 'Velvet-Harbour-27'],
    ['an empty text', ''],
  ])('refuses %s, and never repeats it', (_name, passwordHash) => {
    const reason = reasonOf(userLine('Apex', { passwordHash }))
    expect(reason).toContain('passwordHash: This hash cannot be read.')
    if (passwordHash !== '') expect(reason).not.toContain(passwordHash)
  })

  it('never repeats a hash that stands in the wrong place', () => {
    const lines = [
      `{"type":"user","passwordHash":"${BCRYPT}`,
      `${BCRYPT}`,
      { [BCRYPT]: 1, ...userLine('Apex') },
      userLine('Apex', { email: BCRYPT, fullName: [BCRYPT], role: BCRYPT, createdAt: BCRYPT }),
      userLine('Apex', { passwordHash: { hash: BCRYPT } }),
      { type: BCRYPT },
      communityLine({
        passwordHash: BCRYPT,
        slug: BCRYPT,
        name: BCRYPT.repeat(3),
        timezone: BCRYPT,
      }),
    ]
    for (const line of lines) {
      const reason = reasonOf(line)
      expect(reason).not.toBe('not refused')
      expect(reason).not.toContain(BCRYPT.slice(7, 20))
    }
  })

  it('takes nothing from the prototype of an object', () => {
    const line = `{"__proto__":{"role":"Moderator"},${JSON.stringify(userLine('Apex')).slice(1)}`
    const parsed = parse(line)
    expect(parsed).not.toMatchObject({ record: { role: 'Moderator' } })
  })
})
