import { describe, expect, it } from 'vitest'
import { ArgumentError, readDevArguments, valuesOf } from '../../scripts/arguments.ts'

describe('npm run dev works', () => {
  it('on port 8787 of this machine alone when nothing is said', () => {
    expect(readDevArguments([])).toEqual({
      port: 8787,
      origin: 'http://localhost:8787',
      persistTo: undefined,
      envFile: undefined,
      passOn: ['--port', '8787', '--ip', '127.0.0.1'],
    })
  })

  it('on another port, whose links then lead to that port', () => {
    const { port, origin, passOn } = readDevArguments(['--port', '9000'])
    expect({ port, origin }).toEqual({ port: 9000, origin: 'http://localhost:9000' })
    expect(passOn).toEqual(
      expect.arrayContaining(['--var', 'FRONTEND_URL:http://localhost:9000', '--port', '9000']),
    )
    expect(readDevArguments(['--port=9001']).port).toBe(9001)
  })

  it('over https, whose links are then https', () => {
    const { origin, passOn } = readDevArguments(['--local-protocol', 'https'])
    expect(origin).toBe('https://localhost:8787')
    expect(passOn).toContain('FRONTEND_URL:https://localhost:8787')
  })

  it('with everything else passed on as it was given', () => {
    const given = ['--var', 'LOGIN_BLOCK_SECONDS:2', 'OTP_SECONDS:9', '--log-level=debug']
    expect(readDevArguments(given).passOn.slice(-given.length)).toEqual(given)
  })

  it('with data and secrets of another folder', () => {
    const { persistTo, envFile } = readDevArguments(['--persist-to=/tmp/x', '--env-file', 'y'])
    expect({ persistTo, envFile }).toEqual({ persistTo: '/tmp/x', envFile: 'y' })
  })

  it('with the frontend that the caller names, on the command line or in .dev.vars', () => {
    const named = ['--port', '9000', '--var', 'OTP_SECONDS:9', 'FRONTEND_URL:http://localhost:5173']
    const links = (passOn: string[]) => passOn.filter((arg) => arg.startsWith('FRONTEND_URL:'))
    expect(links(readDevArguments(named).passOn)).toEqual(['FRONTEND_URL:http://localhost:5173'])
    expect(links(readDevArguments(['--port', '9000'], ['FRONTEND_URL']).passOn)).toEqual([])
  })

  it('with values that come in each of the usual forms', () => {
    const args = [
      '--var',
      'A:1',
      'B:2',
      '--port',
      '9',
      '--var=C:3',
      '--variety',
      'D:4',
      '--var',
      'E:5',
    ]
    expect(valuesOf(args, 'var')).toEqual(['A:1', 'B:2', 'C:3', 'E:5'])
    expect(valuesOf(args, 'nothing')).toEqual([])
  })
})

describe('npm run dev refuses', () => {
  it.each(['abc', '0', '65536', '80.5', '-1', ''])('"%s" as a port', (port) => {
    expect(() => readDevArguments([`--port=${port}`])).toThrow(ArgumentError)
  })

  it.each([['--env', 'staging'], ['--env=production'], ['-e', 'staging'], ['--remote'], ['-r']])(
    '%s, which would mix local and deployed data',
    (...args) => {
      expect(() => readDevArguments(args)).toThrow('npm run deploy')
    },
  )

  it('nothing that only begins like it', () => {
    expect(() => readDevArguments(['--env-file', 'x', '--var', 'REMOTE:1'])).not.toThrow()
  })
})
