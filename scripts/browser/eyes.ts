/** A mail with every fault that these checks know: none of them may pass unseen. */
import type { Browser } from 'playwright-core'
import { type Checks, expectSame } from '../smoke/checks.ts'
import { activeParts, look } from './look.ts'

const WORDS = 'W'.repeat(200)
const BUTTONS = '.button'

/** What each page shows, and a word of the fault that must be found. */
const FAULTY: readonly [html: string, fault: RegExp][] = [
  ['', /no text/],
  ['<p style="width:2000px">wide</p>', /^phone.* px wide/],
  [
    '<p style="white-space:nowrap">a line that nobody breaks, short enough for a desk and too long for any phone</p>',
    /^phone/,
  ],
  [`<p style="width:300px">${WORDS}</p>`, /runs out of its <p>/],
  ['<p style="height:10px;overflow:hidden">cut<br>cut</p>', /is cut by its <p>/],
  ['<p style="position:absolute;left:-50px">left</p>', /runs out of the page/],
  ['<p style="font-size:11px">small</p>', /11 px small/],
  ['<p style="color:#888">faint</p>', /light: .*contrast of 3\.5/],
  ['<p style="background:#fff">by night</p>', /dark: .*contrast of 1\./],
  ['<p style="color:rgba(0,0,0,.4)">thin</p>', /light: .*contrast/],
  ['<a class="button" style="display:inline-block;height:43px;width:90px">b</a>', /90 by 43 px/],
]

const ACTIVE: readonly [html: string, fault: RegExp][] = [
  ['<img alt="x" src="/x.png">', /<img>/],
  ['<p onclick="x()">x</p>', /onclick/],
  ['<a href=" javascript:x()">x</a>', /javascript/],
  ['<p style="background:url(/x.png)">x</p>', /url/],
]

export async function checkEyes({ check }: Checks, browser: Browser): Promise<void> {
  await check('these checks see what they look for', async () => {
    const page = await browser.newPage({ javaScriptEnabled: false })
    const unseen: string[] = []
    const show = (html: string) =>
      page.setContent(`<!doctype html><meta name="color-scheme" content="light dark">${html}`)
    for (const [html, fault] of FAULTY) {
      await show(html)
      if (!(await look(page, BUTTONS)).some((found) => fault.test(found))) unseen.push(html)
    }
    for (const [html, fault] of ACTIVE) {
      await show(html)
      if (!(await activeParts(page)).some((found) => fault.test(found))) unseen.push(html)
    }
    await show('<p>black on white</p>')
    expectSame('faults of a page without any', await look(page, BUTTONS), [])
    expectSame('faults that nobody saw', unseen, [])
    await page.close()
  })
}
