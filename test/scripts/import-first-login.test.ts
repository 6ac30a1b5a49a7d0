import { env } from 'cloudflare:workers'
import { argon2i, argon2id } from '@noble/hashes/argon2.js'
import { genSaltSync, hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { configOf } from '../../src/config.ts'
import { formatArgon2Phc } from '../../src/lib/argon2-phc.ts'
import { utf8 } from '../../src/lib/encoding.ts'
import { postLogin } from '../factories.ts'
import { expectStatus } from '../support/call.ts'
import { communitiesOf, communityLine, peopleOf, runImport, userLine } from './import-world.ts'

/** Made by another implementation, with the defaults of a common library or cheap, since only the form matters here. */
function argon2(password: string, type: 'argon2id' | 'argon2i', memoryKib: number, lanes: number) {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const cost = { m: memoryKib, t: 3, p: lanes, dkLen: 32 }
  const hash = (type === 'argon2id' ? argon2id : argon2i)(utf8(password), salt, cost)
  const parts = { type, version: 19 as const, memoryKib, passes: 3, lanes, pepperVersion: 0 }
  return formatArgon2Phc({ ...parts, salt, hash })
}

const bcrypt = (password: string, revision: string, cost = 4) =>
  hashSync(password, genSaltSync(cost)).replace('$2b$', `$2${revision}$`)

const LONG = `${'correct horse battery '.repeat(4)}staple`
const HASHES: [name: string, password: string, passwordHash: string][] = [
  ['bcrypt $2a$', 'Velvet-Harbour-27', bcrypt('Velvet-Harbour-27', 'a')],
  ['bcrypt $2b$ of cost 10', 'Velvet-Harbour-27', bcrypt('Velvet-Harbour-27', 'b', 10)],
  ['bcrypt $2y$', 'pässwörd-密码-🦀', bcrypt('pässwörd-密码-🦀', 'y')],
  ['bcrypt of more than 72 bytes', LONG, bcrypt(LONG, 'b')],
  ['bcrypt of a password that is too weak here', 'abc', bcrypt('abc', 'b')],
  ['argon2id', 'Velvet-Harbour-27', argon2('Velvet-Harbour-27', 'argon2id', 1024, 4)],
  ['argon2id beyond ASCII', 'pässwörd-密码-🦀', argon2('pässwörd-密码-🦀', 'argon2id', 64, 1)],
  ['argon2i', 'Velvet-Harbour-27', argon2('Velvet-Harbour-27', 'argon2i', 64, 1)],
]

async function imported(passwordHash: string | null, overrides: Record<string, unknown> = {}) {
  const community = communityLine()
  const person = userLine(community.name, { passwordHash, ...overrides })
  const { refused } = await runImport([community, person])
  expect(refused).toEqual([])
  return { community, email: person.email }
}

const hashOf = async (email: string) => (await peopleOf(email)).map((row) => row.password_hash)

describe('the first login of an imported person works', () => {
  it.each(HASHES)('with %s, and leaves a hash of ours', async (_name, password, passwordHash) => {
    const { email } = await imported(passwordHash)
    expectStatus(await postLogin({ email, password: `${password.slice(1)}x` }), 401)
    expect(await hashOf(email)).toEqual([passwordHash])
    expectStatus(await postLogin({ email, password }), 200)
    const [renewed = '', ...others] = await hashOf(email)
    expect(others).toEqual([])
    const { version } = configOf(env).passwordPeppers[0]
    const keyId = String(version).padStart(8, '0')
    expect(renewed).toContain(`$argon2id$v=19$m=19456,t=2,p=1,keyid=${keyId}$`)
    expectStatus(await postLogin({ email, password }), 200)
    expect(await hashOf(email)).toEqual([renewed])
    expectStatus(await postLogin({ email, password: `${password}x` }), 401, 'invalid_credentials')
  })

  it('of the owner makes an approved community active, that of a member does not', async () => {
    const passwordHash = bcrypt('Velvet-Harbour-27', 'b')
    const { community, email } = await imported(passwordHash)
    const owner = userLine(community.name, { passwordHash, role: 'CommunityOwner' })
    await runImport([owner])
    expectStatus(await postLogin({ email, password: 'Velvet-Harbour-27' }), 200)
    expect((await communitiesOf(community.officialEmail))[0]?.status).toBe('approved')
    const answer = await postLogin({ email: owner.email, password: 'Velvet-Harbour-27' })
    expectStatus(answer, 200)
    expect(answer.data).toMatchObject({
      user: { role: 'CommunityOwner', emailVerified: true },
      community: { name: community.name, status: 'active' },
    })
  })
})

describe('the first login of an imported person refuses', () => {
  it('a wrong password, whatever the hash: the same 401, and nothing is rehashed', async () => {
    for (const [name, , passwordHash] of HASHES) {
      const { email } = await imported(passwordHash)
      for (const password of ['Wrong-Harbour-27', passwordHash]) {
        expectStatus(await postLogin({ email, password }), 401, 'invalid_credentials')
      }
      expect(await hashOf(email), name).toEqual([passwordHash])
    }
  })

  it('every password of somebody who came without one', async () => {
    const { email } = await imported(null)
    for (const password of ['Velvet-Harbour-27', 'null', '\0']) {
      expectStatus(await postLogin({ email, password }), 401, 'invalid_credentials')
    }
    expect(await hashOf(email)).toEqual([null])
  })
})
