/**
 * The chapter about the API reference: a person opens /docs in a browser.
 */
import assert from 'node:assert/strict'
import type { Browser, Page } from 'puppeteer-core'
import { listenToComplaints } from './page-complaints.ts'
import type { Story } from './stories.ts'

const PHONE = { width: 390, height: 844 }
const DESK = { width: 1200, height: 1400 }

/** @param picture saves what is to be seen, under a name */
export function referencePageStories(
  name: string,
  browser: Browser,
  apiUrl: string,
  picture: (page: Page, what: string) => Promise<void>,
): Story[] {
  let page: Page
  return [
    {
      name: `${name}: /docs opens without an error, within its policy, and without asking any other host`,
      async run() {
        page = await browser.newPage()
        const complaints = await listenToComplaints(page, apiUrl)
        await page.setViewport(DESK)
        const response = await page.goto(`${apiUrl}/docs`, { waitUntil: 'load' })
        await picture(page, 'docs')
        assert.equal(response?.status(), 200)
        assert.deepEqual(await complaints(), [])
      },
    },
    {
      name: `${name}: it has a chapter for each part of the API, and each of its links leads somewhere`,
      async run() {
        const { tags } = (await (await fetch(`${apiUrl}/openapi.json`)).json()) as { tags: { name: string }[] }
        const seen = await page.evaluate(() => ({
          chapters: [...document.querySelectorAll('main h2')].map((chapter) => chapter.textContent),
          broken: [...document.querySelectorAll<HTMLAnchorElement>('a[href^="#"]')]
            .map((link) => decodeURIComponent(link.hash.slice(1)))
            .filter((id) => id !== '' && document.getElementById(id) === null),
        }))
        assert.deepEqual(seen.chapters, ['Roles and scopes', ...tags.map((tag) => tag.name), 'Errors'])
        assert.deepEqual(seen.broken, [])
      },
    },
    {
      name: `${name}: its tables of roles fit a desk whole, and the page fits a phone`,
      async run() {
        await page.evaluate(() => document.getElementById('roles')?.scrollIntoView())
        await picture(page, 'docs-roles')
        assert.deepEqual(await cutTables(page), [])
        await page.setViewport(PHONE)
        await page.evaluate(() => document.getElementById('roles')?.scrollIntoView())
        await picture(page, 'docs-roles-phone')
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        assert.ok(overflow <= 0, `wider than the phone by ${overflow} px`)
        await page.close()
      },
    },
  ]
}

/** The headings of tables that have to be pushed aside to be read. */
function cutTables(page: Page): Promise<(string | null)[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.wide')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map((table) => table.querySelector('thead')?.textContent ?? null),
  )
}
