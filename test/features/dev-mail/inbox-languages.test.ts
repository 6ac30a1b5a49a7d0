/** Each mail of the product, in each language, on its way from the outbox into the local inbox. */
import { describe, expect, it } from 'vitest'
import { inboxSchema } from '../../../src/features/dev-mail/schemas.ts'
import {
  CODE_TEMPLATES,
  cases,
  includes,
  LINK_TEMPLATES,
  PLAIN,
  render,
} from '../../mail/mail-samples.ts'
import { createWorld, deliver, readRow } from '../../mail/mail-world.ts'
import { queueWorded, templateOf } from '../../mail/worded-mails.ts'
import { call, expectStatus } from '../../support/call.ts'

const NAME = 'Ada Lovelace'

describe('GET /dev/mail and /dev/mail.json', () => {
  it.each(cases)('show %s (%s): subject, text, link and code', async (wording, locale) => {
    const { deps } = createWorld('dev')
    const { id, email } = await queueWorded(wording, NAME, { locale })
    await deliver(deps, [id])
    expect((await readRow(id)).lastError).toBeNull()
    const json = await call(`/dev/mail.json?to=${email}`)
    expectStatus(json, 200)
    const [mail, ...others] = inboxSchema.parse(json.json).items
    expect(others).toEqual([])
    // The wording that was meant, not another one of the same template.
    const { subject } = render(wording, locale, { ...PLAIN, communityName: NAME })
    expect(mail).toMatchObject({ id, to: email, template: templateOf(wording), locale, subject })
    expect(mail?.link !== undefined).toBe(includes(LINK_TEMPLATES, wording))
    if (mail?.link !== undefined) {
      const { pathname, search } = new URL(mail.link)
      expectStatus(await call(`${pathname}${search}`), 200)
    }
    expect(mail?.code !== undefined).toBe(includes(CODE_TEMPLATES, wording))
    expect(/\p{Script=Han}/u.test(mail?.text ?? '')).toBe(locale === 'zh')
    const page = await call(`/dev/mail?to=${email}`)
    expectStatus(page, 200)
    const shown = [subject, `${templateOf(wording)} (${locale})`, mail?.link, mail?.code]
    for (const part of shown) if (part !== undefined) expect(page.text).toContain(part)
    // The mail itself, escaped once, within its frame.
    expect(page.text).toContain(`lang=&quot;${locale === 'zh' ? 'zh-Hans' : 'en'}&quot;`)
  })

  it('show both languages side by side, newest first', async () => {
    const { deps, time } = createWorld('dev')
    const english = await queueWorded('community_approved', NAME)
    const chinese = await queueWorded('community_approved', NAME, {
      locale: 'zh',
      email: english.email,
    })
    await deliver(deps, [english.id])
    time.now += 1
    await deliver(deps, [chinese.id])
    const { json } = await call(`/dev/mail.json?to=${english.email}`)
    const { items } = inboxSchema.parse(json)
    expect(items.map(({ id, locale, subject }) => [id, locale, subject])).toEqual([
      [chinese.id, 'zh', 'Ada Lovelace 已通过审核'],
      [english.id, 'en', 'Ada Lovelace is approved'],
    ])
    const { text } = await call(`/dev/mail?to=${english.email}`)
    const subjects = [...text.matchAll(/<h2>([^<]*)<\/h2>/g)].map(([, subject]) => subject)
    expect(subjects).toEqual(['Ada Lovelace 已通过审核', 'Ada Lovelace is approved'])
  })
})
