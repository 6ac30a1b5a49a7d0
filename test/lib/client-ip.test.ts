import { describe, expect, it } from 'vitest'
import { ipBucket, ipNetwork, shortenIp, UNKNOWN_IP } from '../../src/lib/client-ip.ts'
import { postLogin, unique } from '../factories.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('the bucket of a client works', () => {
  it.each(['0.0.0.0', '1.2.3.4', '10.0.0.1', '127.0.0.1', '203.0.113.9', '255.255.255.255'])(
    'is the address itself for %s',
    (ip) => {
      expect(ipBucket(ip)).toBe(ip)
    },
  )

  it.each([
    '2001:db8:0:1:0:0:0:a',
    '2001:0db8:0000:0001:0000:0000:0000:000a',
    '2001:db8:0:1::a',
    '2001:DB8::1:0:0:0:A',
    '2001:0DB8:0:1::0.0.0.10',
  ])('is one and the same for each spelling of an IPv6 address: %s', (ip) => {
    expect(ipBucket(ip)).toBe('2001:db8:0:1::/64')
  })

  it.each([
    ['::', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['fe80::1', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
    ['::2:3:4:5:6:7:8', '0:2:3:4::/64'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff::/64'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 'ffff:ffff:ffff:ffff::/64'],
  ])('is the /64 of %s', (ip, bucket) => {
    expect(ipBucket(ip)).toBe(bucket)
  })

  it.each([
    '::ffff:192.0.2.1',
    '::FFFF:192.0.2.1',
    '::ffff:c000:201',
    '::ffff:C000:0201',
    '0:0:0:0:0:ffff:192.0.2.1',
    '0000:0000:0000:0000:0000:ffff:c000:0201',
  ])('is the IPv4 address for %s, which only maps one', (ip) => {
    expect(ipBucket(ip)).toBe('192.0.2.1')
  })

  it.each(['::192.0.2.1', '::fffe:192.0.2.1', '::1:ffff:192.0.2.1', '1::ffff:192.0.2.1'])(
    'is no IPv4 address for %s, which only looks like a mapped one',
    (ip) => {
      expect(ipBucket(ip)).toMatch(/::\/64$/)
    },
  )
})

describe('the bucket of a client refuses', () => {
  it.each([
    undefined,
    '',
    ' ',
    'unknown',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.-4',
    '1.2.3.+4',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4\n',
    '1.2.3.4:80',
    '1.2.3.4/32',
    '1.2.3.4, 5.6.7.8',
    '01.2.3.4',
    '1.2.3.04',
    '00.0.0.0',
    '1..3.4',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4e0',
    '0x1.2.3.4',
    '16909060',
    '0x01020304',
    '１.２.３.４',
    '1.2.3.٤',
    '[::1]',
    '[::1]:443',
    '[1.2.3.4]',
    '::1%eth0',
    'fe80::1%25eth0',
    '::1/128',
    ':',
    ':::',
    '::::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1:2:3:4::5:6:7:8',
    '1::2::3',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    ':1::',
    '::1:',
    '12345::',
    '00001::',
    'g::',
    '1.2.3.4::',
    '1.2.3.4:5::',
    '::1.2.3.4:5',
    '::1.2.3',
    '::1.2.3.256',
    '::01.2.3.4',
    '::ffff:1.2.3.4:80',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4:5:1.2.3.4',
  ])('%j: it shares the one bucket of what cannot be read', (ip) => {
    expect(ipBucket(ip)).toBe(UNKNOWN_IP)
  })
})

describe('the bucket of a client is safe', () => {
  it('counts ten thousand addresses of one /64 as one client, and the next /64 as another', () => {
    const inOne = Array.from({ length: 10_000 }, (_, n) =>
      ipBucket(`2001:db8:1:2:${(n * 6).toString(16)}:${(n % 7).toString(16)}::${n.toString(16)}`),
    )
    expect([...new Set(inOne)]).toEqual(['2001:db8:1:2::/64'])
    expect(ipBucket('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64')
  })

  it.each(HOSTILE_TEXTS)('reads 50 000 %s at once as nothing', (_, text) => {
    expect(ipBucket(text)).toBe(UNKNOWN_IP)
    expectQuick(() => ipBucket(text))
  })
})

describe('a limited route', () => {
  const attempt = async (ip: string | null, headers: Record<string, string> = {}) => {
    const body = { email: `nobody@${unique()}.example`, password: 'Wrong-guess-77' }
    const answer = await postLogin(body, { ip, headers })
    return /r=(\d+)/.exec(answer.headers.get('RateLimit') ?? '')?.[1]
  }

  it('believes no header but CF-Connecting-IP, however often the others change', async () => {
    const remaining = []
    for (const [n, name] of [
      'X-Forwarded-For',
      'X-Real-IP',
      'True-Client-IP',
      'Forwarded',
      'X-Client-IP',
      'CF-Connecting-IPv6',
    ].entries()) {
      const value = name === 'Forwarded' ? `for=192.0.2.${n}` : `192.0.2.${n}`
      remaining.push(await attempt('198.51.100.7', { [name]: value }))
    }
    expect(remaining).toEqual(['9', '8', '7', '6', '5', '4'])
  })

  it('counts all spellings of one IPv6 network together', async () => {
    const remaining = []
    for (const ip of ['2001:db8:9::1', '2001:DB8:9::2', '2001:0db8:0009:0:1:2:3:4'])
      remaining.push(await attempt(ip))
    expect(remaining).toEqual(['9', '8', '7'])
    expect(await attempt('2001:db8:9:1::1')).toBe('9')
  })

  it('counts clients without an address, or with a broken one, together: limited, never unlimited', async () => {
    const remaining = [
      await attempt(null),
      await attempt('banana'),
      await attempt(null, { 'X-Forwarded-For': '192.0.2.77' }),
      await attempt('1.2.3.4, 5.6.7.8'),
    ]
    expect(remaining).toEqual(['9', '8', '7', '6'])
  })
})

describe('the network of a client', () => {
  it.each([
    ['203.0.113.9', '203.0.113.0/24'],
    ['203.0.113.255', '203.0.113.0/24'],
    ['::ffff:203.0.113.9', '203.0.113.0/24'],
    ['2001:db8:5:1::a', '2001:db8:5::/48'],
    ['2001:0DB8:0005:ffff:1:2:3:4', '2001:db8:5::/48'],
  ])('of %s is %s', (ip, network) => {
    expect(ipNetwork(ip)).toBe(network)
  })

  it.each([undefined, '', 'unknown', '1.2.3', '1.2.3.4.5', '2001:db8:::1', '01.2.3.4'])(
    'is not known for %s',
    (ip) => {
      expect(ipNetwork(ip)).toBeUndefined()
    },
  )
})

describe('an address that is kept for long', () => {
  it.each([
    ['203.0.113.7', '203.0.113'],
    ['255.255.255.255', '255.255.255'],
    ['::ffff:203.0.113.7', '203.0.113'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1'],
    ['2001:0DB8:0001::6', '2001:db8:1'],
    ['2001:db8::1', '2001:db8:0'],
    // Not shorter: then nothing is kept.
    ['::1', null],
    ['1::2', null],
    ['fe80::', null],
    ['no address', null],
    ['203.0.113.7, 10.0.0.1', null],
    ['', null],
  ])('of %j is %j', (ip, short) => {
    expect(shortenIp(ip)).toBe(short)
    if (short === null) return
    expect(short.length).toBeLessThan(ip.length)
    expect(shortenIp(short)).toBe(short)
  })
})
