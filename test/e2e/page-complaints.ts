/** What a browser complains of while it shows a page: errors, violations of the page's policy, questions to other hosts. */
import type { Page } from 'puppeteer-core'

/**
 * To be called before the page goes anywhere.
 *
 * @param home the only origin that the page may ask
 * @returns what was complained of so far on the page that is shown
 */
export async function listenToComplaints(page: Page, home: string): Promise<() => Promise<string[]>> {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(`${home}/`) && !request.url().startsWith('data:')) complaints.push(request.url())
  })
  // Not every browser tells automation of a violation on its console; all of them tell the page.
  await page.evaluateOnNewDocument(() => {
    const violations: string[] = []
    Object.assign(window, { violations })
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      violations.push(`${effectiveDirective} blocked ${blockedURI}`)
    })
  })
  return async () => {
    const violations = await page.evaluate(() => (window as unknown as { violations: string[] }).violations)
    return [...complaints, ...violations]
  }
}
