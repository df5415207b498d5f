/**
 * A headless Firefox as a person's browser: the example page in it, the notifications it shows, and a finger that can
 * press them. Knows how to look and touch; what should be there is for the stories to say.
 */
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import type { PushSubscription } from 'web-push'
import { pushPreferences, UNATTENDED } from '../../dev/firefox.ts'
import { until } from './stories.ts'

/** A line of the example page's log. */
export interface LogEntry {
  readonly event: string
  readonly title: string
  readonly id: string
}

/** A notification that the service worker shows. */
export interface ShownNotification {
  readonly title: string
  readonly body: string
  readonly tag: string
}

const ALERT_WINDOW = 'chrome://global/content/alerts/alert.xhtml'
const BROWSER_WINDOW = 'chrome://browser/content/browser.xhtml'

export class FirefoxDevice {
  readonly browser: Browser
  page: Page
  /** Errors that the page or the browser printed since the start. */
  readonly complaints: string[] = []

  private constructor(browser: Browser, page: Page) {
    this.browser = browser
    this.page = page
  }

  static async start(executablePath: string, socketUrl: string): Promise<FirefoxDevice> {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath,
      headless: true,
      // Notifications are windows of the browser itself; pressing one takes access to them.
      args: ['--remote-allow-system-access'],
      extraPrefsFirefox: { ...pushPreferences(socketUrl), ...UNATTENDED },
      // Whoever started this ends it, in its order.
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    })
    const [page = await browser.newPage()] = await browser.pages()
    return new FirefoxDevice(browser, page)
  }

  async open(url: string): Promise<void> {
    if (this.page.isClosed()) this.page = await this.browser.newPage()
    this.page.on('pageerror', (error) => this.complaints.push(String(error)))
    this.page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text())
    })
    await this.page.setViewport({ width: 900, height: 1000 })
    await this.page.goto(url)
    await this.#idle()
  }

  /** Presses something on the page and waits until the page has done what it does then. */
  async press(selector: string): Promise<void> {
    await this.page.click(selector)
    await this.#idle()
  }

  async text(selector: string): Promise<string> {
    return this.page.$eval(selector, (element) => element.textContent ?? '')
  }

  /** What the page complains about; null when it does not. */
  async problem(): Promise<string | null> {
    return this.page.$eval('#problem', (element) => ((element as HTMLElement).hidden ? null : element.textContent))
  }

  /** The page's log, newest first. */
  async log(): Promise<LogEntry[]> {
    return this.page.$$eval('#log li', (entries) =>
      entries.map((entry) => {
        const part = (name: string) => entry.querySelector(`.${name}`)?.textContent ?? ''
        return { event: part('event'), title: part('title'), id: part('id') }
      }),
    )
  }

  async shown(): Promise<ShownNotification[]> {
    return this.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration()
      const notifications = (await registration?.getNotifications()) ?? []
      return notifications.map(({ title, body, tag }) => ({ title, body, tag }))
    })
  }

  /** Takes away the notifications with this tag, and waits until they are gone. */
  async dismiss(tag: string): Promise<void> {
    await this.page.evaluate(async (tagged) => {
      const registration = await navigator.serviceWorker.getRegistration()
      for (const notification of (await registration?.getNotifications({ tag: tagged })) ?? []) notification.close()
    }, tag)
    await until(`the end of ${tag}`, async () =>
      (await this.shown()).some((notification) => notification.tag === tag) ? undefined : true,
    )
  }

  /** The PushSubscription of the page, as its address. */
  async subscription(): Promise<PushSubscription> {
    return this.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration()
      const subscription = await registration?.pushManager.getSubscription()
      return subscription?.toJSON() as { endpoint: string; keys: { p256dh: string; auth: string } }
    })
  }

  /** Presses the one notification with this title, where Firefox drew it. */
  async pressNotification(title: string): Promise<void> {
    const quoted = JSON.stringify(title)
    await until(`a notification window titled ${quoted}`, async () => {
      for (const window of await this.#windowsAt(ALERT_WINDOW)) {
        const press = `document.getElementById('alertTitleLabel').value === ${quoted}
          && (document.getElementById('alertBox').click(), true)`
        if (await this.#evaluateIn(window, press)) return true
      }
      return undefined
    })
  }

  /** Tells the page's service worker that its PushSubscription changed, as Firefox does when it lost it. */
  async announceSubscriptionChange(): Promise<void> {
    const { origin } = new URL(this.page.url())
    const [window] = await this.#windowsAt(BROWSER_WINDOW)
    const announce = `Cc['@mozilla.org/push/Notifier;1'].getService(Ci.nsIPushNotifier).notifySubscriptionChange(
      '${origin}/', Services.scriptSecurityManager.createContentPrincipalFromOrigin('${origin}'), null)`
    await this.#evaluateIn(window!, announce)
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path: path as `${string}.png` })
  }

  async close(): Promise<void> {
    await this.browser.close()
  }

  #idle(): Promise<unknown> {
    return this.page.waitForSelector('body:not([aria-busy])')
  }

  async #windowsAt(url: string): Promise<string[]> {
    const { contexts } = await this.#bidi<{ contexts: { context: string; url: string }[] }>('browsingContext.getTree', {
      'moz:scope': 'chrome',
    })
    return contexts.filter((window) => window.url === url).map(({ context }) => context)
  }

  async #evaluateIn(context: string, expression: string): Promise<unknown> {
    const answer = await this.#bidi<{
      type: string
      result?: { value?: unknown }
      exceptionDetails?: { text: string }
    }>('script.evaluate', { expression, target: { context }, awaitPromise: true })
    if (answer.exceptionDetails !== undefined) throw new Error(answer.exceptionDetails.text)
    return answer.result?.value
  }

  /** Firefox's own windows are an extension of WebDriver BiDi that puppeteer has no methods for. */
  async #bidi<Result>(method: string, params: object): Promise<Result> {
    const { connection } = this.browser as unknown as {
      connection: { send(method: string, params: object): Promise<{ result: Result }> }
    }
    return (await connection.send(method, params)).result
  }
}
