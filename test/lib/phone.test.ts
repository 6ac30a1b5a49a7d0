import { describe, expect, it } from 'vitest'
import { parseContactPhone, toE164 } from '../../src/lib/phone.ts'
import { expectQuick, HOSTILE_TEXTS } from './hostile.ts'

describe('toE164 works', () => {
  it.each([
    ['+44', '2079460958', '+442079460958'],
    ['44', '20 7946 0958', '+442079460958'],
    ['0044', '020-7946-0958', '+442079460958'],
    [' +44 ', ' (020) 7946.0958 ', '+442079460958'],
    ['+44', '(0)20 7946 0958', '+442079460958'],
    ['+44', '+44 20 7946 0958', '+442079460958'],
    ['+44', '+44 (0)20 7946 0958', '+442079460958'],
    ['+44', '0044 20 7946 0958', '+442079460958'],
    ['+49', '030/901820', '+4930901820'],
    ['+91', '098765 43210', '+919876543210'],
    ['+86', '138 1234 5678', '+8613812345678'],
    ['+39', '06 698 12345', '+390669812345'],
    ['+39', '+39 06 698 12345', '+390669812345'],
    ['+378', '0549 886377', '+3780549886377'],
    ['+379', '06 698 12345', '+3790669812345'],
    ['+225', '01 23 45 67 89', '+2250123456789'],
    ['+229', '01 90 01 12 34', '+2290190011234'],
    ['+242', '06 612 3456', '+242066123456'],
    ['+1', '(212) 555-0123', '+12125550123'],
    ['+1', '1 212 555 0123', '+12125550123'],
    ['+1', '+1 212 555 0123', '+12125550123'],
    ['+1-868', '622 4444', '+18686224444'],
    ['+7', '8 (912) 345-67-89', '+79123456789'],
    ['+7', '912 345 67 89', '+79123456789'],
    ['+33', '01\u00a023\u202f45\u201167\u201389', '+33123456789'],
    ['＋８１', '０９０－1234－5678', '+819012345678'],
    ['+20', '٠١٠ ١٢٣٤ ٥٦٧٨', '+201012345678'],
    ['+98', '۰۹۱۲ ۳۴۵ ۶۷۸۹', '+989123456789'],
    ['+290', '12345', '+29012345'],
    ['+49', '1234567890123', '+491234567890123'],
  ])('makes %j and %j into %j', (code, number, e164) => {
    expect(toE164(code, number)).toBe(e164)
  })
})

describe('toE164 refuses', () => {
  it.each([
    ['', '2079460958'],
    ['+', '2079460958'],
    ['+0', '2079460958'],
    ['+44x', '2079460958'],
    ['GB', '2079460958'],
    ['+442079', '460958'],
    ['++44', '2079460958'],
    ['+44', ''],
    ['+44', ' '],
    ['+44', '0'],
    ['+44', '-'],
    ['+44', '12345'],
    ['+44', '12345678901234'],
    ['+44', '2079460958 ext 5'],
    ['+44', '20 CALL NOW'],
    ['+44', '2079460958#5'],
    ['+44', '2079460958,5'],
    ['+44', '20+79460958'],
    ['+44', '+49 30 901820'],
    ['+44', '0049 30 901820'],
    ['+44', '2079460958\0'],
    ['+44', '2079460958<script>'],
    ['+44', '२०७९४६०९५८'],
    ['+44', '½079460958'],
    ['+44', 'NaN'],
    ['+44', '1e10'],
  ])('%j with %j', (code, number) => {
    expect(toE164(code, number)).toBeUndefined()
  })
})

describe('parseContactPhone works', () => {
  const LONDON = '+442079460958'
  it.each([
    ['code and number as fields', '+442079460958', '+44', '2079460958', LONDON],
    ['the fields before the text', '+441111111111', '+44', '020 7946 0958', LONDON],
    [
      'the fields where the text has the trunk zero inside',
      '+4402079460958',
      '+44',
      '02079460958',
      LONDON,
    ],
    ['fields alone', undefined, '+44', '2079460958', LONDON],
    ['the text with its code apart', '+44 020 7946 0958', '+44', '', LONDON],
    ['the text without plus, code apart', '4402079460958', '44', undefined, LONDON],
    ['a national text, code apart', '020 7946 0958', '+44', '', LONDON],
    ['another spelling of the code', '0044 20 7946 0958', '+44', '', LONDON],
    ['the text alone', '+44 20 7946 0958', undefined, undefined, LONDON],
    ['the text alone with a bracketed trunk', '+44 (0)20 7946 0958', '', '', LONDON],
    ['the text alone with 00', '00442079460958', '', '', LONDON],
    ['an international number in the number field', '', '', '+44 20 7946 0958', LONDON],
    ['the text where the number lacks its code', '+442079460958', '', '2079460958', LONDON],
    ['nothing', undefined, undefined, undefined, null],
    ['empty fields', '', '', '', null],
    ['spaces', ' ', ' ', ' ', null],
    ['a code only', '+44', '+44', '', null],
    ['a code without plus only', '44', '44', '', null],
    ['a code only in the text', '+44', '', '', null],
    ['a code only, spelled twice', '0044', '+44', '', null],
    ['a code field only', '', '+44', '', null],
    ['a code and a space', '+44 ', '+44', '', null],
    ['a code of another country only', '+1', '+44', '', null],
  ])('reads %s', (_, contactPhone, code, number, e164) => {
    expect(parseContactPhone(contactPhone, code, number)).toEqual({ ok: true, e164 })
  })
})

describe('parseContactPhone refuses', () => {
  it.each([
    ['letters', 'call me', '', ''],
    ['a wrong number though the text is right', '+442079460958', '+44', 'call me'],
    ['a national number without a code', '020 7946 0958', '', ''],
    ['a number field without any code', '2079460958', '', '2079460958'],
    ['another country than the code says', '+49 30 901820', '+44', ''],
    ['too few digits', '+44 1234', '+44', ''],
    ['too many digits', '+44 1234 5678 9012 34', '', ''],
    ['a plus alone', '+', '', ''],
  ])('%s', (_, contactPhone, code, number) => {
    expect(parseContactPhone(contactPhone, code, number)).toEqual({ ok: false })
  })
})

describe('phones are safe', () => {
  it.each(HOSTILE_TEXTS)('refuses 50 000 %s at once', (_, text) => {
    expect(toE164('+44', text)).toBeUndefined()
    expect(parseContactPhone(`+44${text}`, undefined, undefined)).toEqual(
      text.trim() ? { ok: false } : { ok: true, e164: null },
    )
    expectQuick(() => [toE164('+44', text), toE164(text, '1'), parseContactPhone(text, text, text)])
  })
})
