/** A headless Chromium, ended by whoever started it. */
import puppeteer, { type Browser } from 'puppeteer-core'

export function startChromium(executablePath: string): Promise<Browser> {
  // Chromium's sandbox does not start for root.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
  return puppeteer.launch({ browser: 'chrome', executablePath, headless: true, args, ...signals })
}
