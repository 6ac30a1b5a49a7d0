import { describe, expect, it } from 'vitest'
import { isFreeMail } from '../../src/lib/free-mail.ts'

describe('a free mail provider', () => {
  it.each(['gmail.com', 'yahoo.co.uk', 'hotmail.com', 'qq.com', 'web.de', 'proton.me', '163.com'])(
    'is %s',
    (domain) => {
      expect(isFreeMail(domain)).toBe(true)
    },
  )

  it.each(['apexcircle.org', 'mail.gmail.com', 'gmail.com.example', 'notgmail.com', 'com', ''])(
    'is not %s',
    (domain) => {
      expect(isFreeMail(domain)).toBe(false)
    },
  )
})
