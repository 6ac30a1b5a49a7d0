/** docs/sign-in.md beside the code: ways in, words in passwords, lifetimes, roles, fields. */
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { ROLES } from '../../src/db/schema/index.ts'
import { SESSIONS_MAX } from '../../src/features/sessions/repository.ts'
import { lifetimeOf } from '../../src/features/sessions/service.ts'
import { isPermitted, PERMISSIONS, type Permission } from '../../src/permissions.ts'
import { ownerIn, PASSWORD, postSignup, signupForm, unique } from '../factories.ts'
import { postChange, postReset, resetLinkOf } from '../features/passwords/password-client.ts'
import {
  bodyOf,
  type Document,
  documented,
  openApiDocument,
  walk,
} from '../http/open-api-document.ts'
import { isUnsafe, routeList } from '../http/route-list.ts'
import { invited, ownerHere, postAcceptance } from '../mailbox-client.ts'
import { openSession } from '../session-client.ts'
import { type Answer, API, expectStatus } from '../support/call.ts'
import { DOCS, section, tableRows } from './read-sources.ts'

const PAGE = DOCS['sign-in.md'] ?? ''
const rowsUnder = (heading: string) => tableRows(section(PAGE, heading))
const bare = (cell = '') => cell.replaceAll('`', '')

let document: Document
beforeAll(async () => {
  document = await openApiDocument()
})

const ROUTES = routeList().filter(({ path }) => path.startsWith(API))
const named = ({ method, path }: { method: string; path: string }) =>
  `${method} ${path.slice(API.length)}`

describe('the ways in', () => {
  it('are the routes whose answers can hold a token of a session', () => {
    const giving = ROUTES.filter(({ method, path }) => {
      const { responses } = document.paths[documented(path)]?.[method.toLowerCase()] ?? {}
      return Object.values(responses ?? {}).some((response) =>
        walk(response.content?.['application/json']?.schema ?? {}).some(([at]) =>
          /\.(accessToken|refreshToken)$/.test(at),
        ),
      )
    })
    expect(giving.map(named).sort()).toEqual(
      rowsUnder('Ways in')
        .map(([route]) => bare(route))
        .sort(),
    )
  })
})

interface Owner {
  name: string
  local: string
  domain: string
  official: string
}
const ownerOf = (): Owner => ({
  name: `na${unique()}`,
  local: `lo${unique()}`,
  domain: `do${unique()}`,
  official: `of${unique()}`,
})
const formOf = (owner: Owner, community: string) => ({
  communityName: `Circle ${community}`,
  officialEmail: `${owner.official}@${unique()}.example`,
  email: `${owner.local}@${owner.domain}.example`,
  firstName: owner.name,
  lastName: 'Rao',
})
const WORDS: Record<string, (owner: Owner, community: string) => string[]> = {
  "owner's address": ({ local, domain }) => [local, domain],
  "owner's name": ({ name }) => [name],
  "community's name": (_, community) => [community],
  'official address': ({ official }) => [official],
  "the product's name": () => [env.APP_NAME],
}
const around = (word: string) => `#7q ${word} Zk!`

const toldFor = (route: string) => {
  const [, words = ''] = rowsUnder('Passwords').find(([cell]) => bare(cell) === route) ?? []
  return words.split(', ')
}

async function expectRefused(
  route: string,
  told: { owner: Owner; community: string },
  set: (password: string) => Promise<Answer>,
) {
  const kinds = toldFor(route)
  expect(Object.keys(WORDS)).toEqual(expect.arrayContaining(kinds))
  for (const kind of kinds) {
    for (const word of WORDS[kind]?.(told.owner, told.community) ?? []) {
      const answer = await set(around(word))
      expectStatus(answer, 400, 'password_rejected')
      expect({ kind, told: answer.text }).toMatchObject({
        told: expect.stringContaining('guess'),
      })
    }
  }
}

describe('the words that a password must not hold', () => {
  it('are told of every route that sets one', () => {
    const setting = ROUTES.filter(({ method, path }) => {
      const { properties = {} } =
        bodyOf(document.paths[documented(path)]?.[method.toLowerCase()]) ?? {}
      // Beside a code, a password proves who asks: it is not set.
      const isSet = 'password' in properties && !('code' in properties)
      return 'newPassword' in properties || (isSet && !path.endsWith('/login'))
    })
    expect(
      rowsUnder('Passwords')
        .map(([cell]) => bare(cell))
        .sort(),
    ).toEqual(setting.map(named).sort())
  })

  it('at signup are those of the page', async () => {
    const [owner, community] = [ownerOf(), `co${unique()}`]
    const form = signupForm(formOf(owner, community))
    await expectRefused('POST /auth/signup-community', { owner, community }, (password) =>
      postSignup({ ...form, password, confirmPassword: password }),
    )
  })

  it('at reset and change are those of the page', async () => {
    const [owner, community] = [ownerOf(), `co${unique()}`]
    const person = await ownerIn('active', formOf(owner, community))
    const session = await openSession(person)
    const token = await resetLinkOf(person.email)
    await expectRefused('POST /auth/reset-password', { owner, community }, (password) =>
      postReset({ token, password }),
    )
    await expectRefused('POST /account/password', { owner, community }, (newPassword) =>
      postChange(session, { currentPassword: PASSWORD, newPassword }),
    )
  })

  it('at an invitation are those of the page', async () => {
    const [owner, community] = [ownerOf(), `co${unique()}`]
    const host = await ownerHere({ communityName: `Circle ${community}` })
    const { token } = await invited(host, `${owner.local}@${owner.domain}.example`)
    await expectRefused('POST /auth/accept-invite', { owner, community }, (password) =>
      postAcceptance({ token, fullName: `${owner.name} Rao`, password }),
    )
  })
})

describe('the lifetimes of sessions', () => {
  it('are those that a session is opened with', () => {
    const config = parseConfig(env)
    const member = lifetimeOf(config, 'CommunityOwner', 0)
    const admin = lifetimeOf(config, 'Admin', 0)
    const told = rowsUnder('Sessions').map(([what, seconds]) => [what, Number(seconds)])
    expect(Object.fromEntries(told)).toEqual({
      'access token': config.accessTokenTtlSeconds,
      idle: member.idleExpiresAt / 1000,
      absolute: member.absoluteExpiresAt / 1000,
      'idle, admins': admin.idleExpiresAt / 1000,
      'absolute, admins': admin.absoluteExpiresAt / 1000,
      'grace of a refresh': config.refreshGraceSeconds,
    })
    for (const [, , why = ''] of rowsUnder('Sessions')) expect(why.length).toBeGreaterThan(10)
  })

  it('and how many there may be stand in the page', () => {
    expect(section(PAGE, 'Sessions')).toContain(`at most ${SESSIONS_MAX} sessions`)
  })
})

describe('the roles', () => {
  it('have in the page what they have in the table of permissions', () => {
    const [head = ''] = section(PAGE, 'Roles')
      .split('\n')
      .filter((line) => line.startsWith('|'))
    expect(head).toBe(`| permission | ${ROLES.join(' | ')} |`)
    const names = Object.keys(PERMISSIONS) as Permission[]
    expect(rowsUnder('Roles')).toEqual(
      names.map((name) => [
        `\`${name}\``,
        ...ROLES.map((role) => (isPermitted(role, name) ? 'yes' : 'no')),
      ]),
    )
  })
})

describe('the fields that a signed-in person changes', () => {
  it('are told of every route that changes something about somebody', () => {
    const told = rowsUnder('Fields').map(([cell]) => bare(cell))
    const changing = ROUTES.filter(
      ({ method, steps }) =>
        ['PATCH', 'PUT'].includes(method) && steps.includes('authenticateRequest'),
    )
    expect(told).toEqual(expect.arrayContaining(changing.map(named)))
  })

  it('of the profile are those of its body', () => {
    const [, fields = ''] =
      rowsUnder('Fields').find(([cell]) => bare(cell) === 'PATCH /account') ?? []
    const operation = document.paths[documented(`${API}/account`)]?.patch
    expect(bare(fields).split(', ')).toEqual(Object.keys(bodyOf(operation)?.properties ?? {}))
  })
})

/** Fields that name whom it is done to, of routes that only the owner may call. */
const WHOM: Record<string, string[]> = { 'POST /communities/:community/owner': ['userId'] }

describe('a route that changes something', () => {
  it.each(ROUTES.filter(isUnsafe))(
    'has no field for who acts: $method $path',
    ({ method, path }) => {
      const { properties = {} } =
        bodyOf(document.paths[documented(path)]?.[method.toLowerCase()]) ?? {}
      const names = Object.keys(properties)
      expect(
        names.filter((name) => /^(user|actor|owner|member|reviewer)(Id)?$/i.test(name)),
      ).toEqual(WHOM[named({ method, path })] ?? [])
    },
  )
})
