/**
 * The example page: what an app's own page would do with the SDK, and a log of what arrives. Everything about
 * Fanfare is in the first function; the rest moves text into the page.
 */
import { createFanfare, type FanfareOptions, type IncomingNotification, type PageEvent } from '../../sdk/web/fanfare.ts'
import { type Audience, sendCommand } from './send-command.ts'

/** What the example server says about the app, at /config.json. */
interface Config {
  readonly apiUrl: string
  readonly publishableKey: string
  readonly vapidPublicKey: string
  /** Only there when nothing is to be shown that the app has not signed. */
  readonly signingAppId?: string
  readonly senderKey: string
}

const TOPIC = 'news'
/** Under this name the page remembers which device subscribed. */
const SUBSCRIBED_DEVICE = 'subscribed-device'

async function start(): Promise<void> {
  const config = (await (await fetch('/config.json')).json()) as Config
  const { apiUrl: baseUrl, publishableKey, vapidPublicKey, signingAppId: appId } = config
  const about: FanfareOptions = { baseUrl, publishableKey, vapidPublicKey }
  const fanfare = createFanfare(appId === undefined ? about : { ...about, verify: 'required', appId })
  fanfare.onNotification(showArrival)
  element('register').addEventListener('click', () => attempt(() => fanfare.register()))
  element('unregister').addEventListener('click', () => attempt(() => fanfare.unregister()))
  element('subscribe').addEventListener('change', () => attempt(() => (isChecked() ? subscribe() : unsubscribe())))

  async function subscribe(): Promise<void> {
    await fanfare.subscribe(TOPIC)
    localStorage.setItem(SUBSCRIBED_DEVICE, (await fanfare.deviceId()) ?? '')
  }

  async function unsubscribe(): Promise<void> {
    await fanfare.unsubscribe(TOPIC)
    localStorage.removeItem(SUBSCRIBED_DEVICE)
  }

  /** Does it, says what went wrong, and shows the truth afterwards. */
  async function attempt(act: () => Promise<unknown>): Promise<void> {
    document.body.setAttribute('aria-busy', 'true')
    let problem: string | null = null
    try {
      await act()
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    showProblem(problem)
    showDevice(await fanfare.deviceId(), config)
    document.body.removeAttribute('aria-busy')
  }

  showPage(config, () => attempt(async () => undefined))
  if (!fanfare.supported) showProblem('This browser has no Web Push here. Try Firefox: npm run demo:browser')
  showDevice(await fanfare.deviceId(), config)
}

/** What stays as it is, and the controls that have nothing to do with Fanfare. */
function showPage(config: Config, onAudience: () => void): void {
  element('topic').textContent = TOPIC
  element<HTMLAnchorElement>('docs').href = `${config.apiUrl}/docs`
  for (const choice of document.querySelectorAll('input[name=audience]')) choice.addEventListener('change', onAudience)
  const copy = element<HTMLButtonElement>('copy')
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(element('command').textContent ?? '')
    copy.textContent = 'Copied'
    setTimeout(() => {
      copy.textContent = 'Copy'
    }, 1500)
  })
}

function showDevice(deviceId: string | null, config: Config): void {
  const registered = deviceId !== null
  const subscribed = registered && localStorage.getItem(SUBSCRIBED_DEVICE) === deviceId
  element('device').hidden = !registered
  element('device-id').textContent = deviceId
  element('register').hidden = registered
  element<HTMLInputElement>('subscribe').checked = subscribed
  element('step-register').classList.toggle('done', registered)
  element('step-subscribe').classList.toggle('done', subscribed)
  for (const step of ['step-subscribe', 'step-send']) element(step).setAttribute('aria-disabled', String(!registered))
  for (const control of ['subscribe', 'copy', 'unregister']) {
    element<HTMLButtonElement | HTMLInputElement>(control).disabled = !registered
  }
  const send = registered ? sendCommand(config, chosenAudience(deviceId)) : 'Turn on notifications first.'
  element('command').textContent = send
}

function showArrival(notification: IncomingNotification, event: PageEvent): void {
  const entry = document.createElement('li')
  const texts = {
    time: new Date().toLocaleTimeString(),
    title: [notification.title, notification.body].filter((text) => text !== '').join(': ') || 'data only',
    event,
    id: notification.id,
  }
  for (const [name, text] of Object.entries(texts)) {
    const part = document.createElement(name === 'time' ? 'time' : 'span')
    part.className = name
    part.textContent = text
    entry.append(part)
  }
  element('quiet').hidden = true
  element('step-send').classList.add('done')
  element('log').prepend(entry)
}

function showProblem(text: string | null): void {
  element('problem').hidden = text === null
  element('problem').textContent = text
}

function chosenAudience(deviceId: string): Audience {
  const chosen = document.querySelector<HTMLInputElement>('input[name=audience]:checked')
  return chosen?.value === 'topic' ? { topic: TOPIC } : { devices: [deviceId] }
}

function isChecked(): boolean {
  return element<HTMLInputElement>('subscribe').checked
}

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T
}

await start()
