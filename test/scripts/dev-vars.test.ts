import { describe, expect, it } from 'vitest'
import { addMissing, namesIn } from '../../scripts/dev-vars.ts'

describe('.dev.vars works', () => {
  it('for a machine that has none: every variable is written, under a line that says what they are', () => {
    const text = addMissing('', { ENVIRONMENT: 'dev', KEYS: '{"keys":[1]}', EMPTY: '' })
    expect(text).toMatch(/^# .*\nENVIRONMENT=dev\nKEYS='\{"keys":\[1\]\}'\nEMPTY=\n$/)
    expect(namesIn(text)).toEqual(['ENVIRONMENT', 'KEYS', 'EMPTY'])
  })

  it('after an update: what is new is added at the end, whatever is there stays as it is', () => {
    const mine = "# mine\nAUTH_SECRETS='1:abc' # keep\nMAIL_API_KEY=\n  export LOG_LEVEL = debug"
    const text = addMissing(mine, {
      AUTH_SECRETS: 'x',
      MAIL_API_KEY: 'y',
      LOG_LEVEL: 'z',
      NEW: 'n',
    })
    expect(text).toBe(`${mine}\nNEW=n\n`)
  })

  it('a second time: nothing changes', () => {
    const wanted = { A: '1', B: 'two words' }
    const once = addMissing('', wanted)
    expect(addMissing(once, wanted)).toBe(once)
  })

  it('with Windows line ends and with the form "NAME: value"', () => {
    expect(namesIn('A=1\r\nB: 2\r\n')).toEqual(['A', 'B'])
  })
})

describe('.dev.vars refuses', () => {
  it('to count a line that is commented out', () => {
    expect(namesIn('#A=1\n # B=2\nC=3')).toEqual(['C'])
    expect(addMissing('#A=1\n', { A: '2' })).toBe('#A=1\nA=2\n')
  })

  it('a value that would end its own quotes', () => {
    expect(() => addMissing('', { A: "it's" })).toThrow(RangeError)
    expect(() => addMissing('', { A: 'two\nlines' })).toThrow(RangeError)
  })
})
