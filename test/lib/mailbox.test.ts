import { describe, expect, it } from 'vitest'
import { canonicalEmail } from '../../src/lib/email-address.ts'
import { probableMailbox } from '../../src/lib/mailbox.ts'

describe('the mailbox that an address probably reaches', () => {
  it.each([
    ['mira@apex.example', 'mira@apex.example'],
    ['mira+one@apex.example', 'mira@apex.example'],
    ['mira+one+two@apex.example', 'mira@apex.example'],
    ['m.i.ra@apex.example', 'mira@apex.example'],
    ['m.ira+x.y@apex.example', 'mira@apex.example'],
    ['mira@googlemail.com', 'mira@gmail.com'],
    ['mi.ra+1@gmail.com', 'mira@gmail.com'],
    ['mira@pm.me', 'mira@proton.me'],
    ['mira@protonmail.com', 'mira@proton.me'],
  ])('of %s is %s', (email, mailbox) => {
    expect(canonicalEmail(email)).toBe(email)
    expect(probableMailbox(email)).toBe(mailbox)
  })

  it('is another one for another name, another domain or a minus', () => {
    expect(probableMailbox('mira-one@apex.example')).toBe('mira-one@apex.example')
    expect(probableMailbox('mira@mail.apex.example')).toBe('mira@mail.apex.example')
  })

  it('does not throw those together whose name is nothing but a tag', () => {
    expect(probableMailbox('+one@apex.example')).not.toBe(probableMailbox('+two@apex.example'))
  })
})
