/**
 * The chapter about the API reference: a person opens /docs in a browser.
 */
import assert from 'node:assert/strict'
import type { Browser } from 'puppeteer-core'
import type { Story } from './stories.ts'

/** @param screenshot where to put a picture of what was seen */
export function referencePageStory(name: string, browser: Browser, apiUrl: string, screenshot: string): Story {
  return {
    name: `/docs opens in ${name} without an error and without asking any other host`,
    async run() {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      page.on('request', (request) => {
        if (!request.url().startsWith(apiUrl) && !request.url().startsWith('data:')) complaints.push(request.url())
      })
      await page.setViewport({ width: 1200, height: 1400 })
      const response = await page.goto(`${apiUrl}/docs`, { waitUntil: 'load' })
      await page.screenshot({ path: screenshot as `${string}.png` })
      assert.equal(response?.status(), 200)
      const text = await page.evaluate(() => document.body.textContent ?? '')
      for (const path of ['/v1/devices', '/v1/notifications', '/v1/receipts']) assert.ok(text.includes(path), path)
      assert.deepEqual(complaints, [])
      await page.close()
    },
  }
}
