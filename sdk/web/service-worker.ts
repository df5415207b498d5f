/// <reference lib="webworker" />
/**
 * The service worker: shows each push, reports what became of it, opens its address, and moves the device when the
 * browser changes its PushSubscription. It listens as soon as it is loaded, so it can be an app's whole service
 * worker or be pulled into an existing one with `importScripts`. It never touches caching or the worker's life cycle.
 */
import { FanfareError, moveDevice, registerDevice } from './api.ts'
import { checkPush } from './check-push.ts'
import { type Installation, readInstallation, writeInstallation } from './installation.ts'
import type { PageEvent, PageMessage } from './messages.ts'
import { type IncomingNotification, notificationOf, openableUrl, type ParsedPush, parsePush } from './payload.ts'
import { keepProof } from './proofs.ts'
import { enqueueReceipt, type ReceiptEvent } from './report.ts'
import { claim, release } from './seen.ts'
import { sendReceipts } from './send-receipts.ts'
import { openStore } from './store.ts'
import { ensureSubscription } from './subscription.ts'
import type { Verdict } from './verify.ts'

declare const self: ServiceWorkerGlobalScope

const store = openStore()
/** Ids of notifications pressed in this worker's life. The close that follows a press comes within milliseconds. */
const pressed = new Set<string>()

self.addEventListener('push', (event) => {
  event.waitUntil(receive(event.data?.text() ?? ''))
})
self.addEventListener('notificationclick', (event) => {
  const notification = notificationOf(event.notification.data)
  if (notification !== null) event.waitUntil(open(event.notification, notification, event.action))
})
self.addEventListener('notificationclose', (event) => {
  const notification = notificationOf(event.notification.data)
  if (notification !== null) event.waitUntil(dismiss(event.notification, notification))
})
self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(move((event as PushSubscriptionChangeEvent).newSubscription ?? null))
})

/** Not in TypeScript's library yet (W3C Push API §9.4). */
interface PushSubscriptionChangeEvent extends ExtendableEvent {
  readonly newSubscription?: PushSubscription | null
}

async function receive(text: string): Promise<void> {
  const push = parsePush(text)
  if (push === null) return
  // First of all: a push that is not the app's takes no id away from one that is.
  const verdict = await checkPush(store, push.payload, Date.now())
  if (verdict !== 'valid' && verdict !== 'not_asked') return showDoubt(verdict)
  const { id } = push.notification
  if (!(await claim(store, id))) return
  try {
    await show(push)
  } catch (error) {
    await release(store, id)
    throw error
  }
  const { fanfare_sig } = push.payload
  if (typeof fanfare_sig === 'string') await keepProof(store, id, fanfare_sig)
  await tellPages('received', push.notification)
  await report(id, 'delivered')
}

/**
 * Browsers want to see something for every push: Chrome shows a text of its own otherwise, Firefox and Safari end the
 * subscription of who is silent too often, which whoever can spoof could bring about. So something is shown that says
 * nothing, makes no sound, and takes the place of the one before.
 */
async function showDoubt(verdict: Verdict): Promise<void> {
  console.warn(`Fanfare: a push was not shown, its signature is not valid: ${verdict}`)
  const site = new URL(self.registration.scope).host
  await self.registration.showNotification(site, { tag: 'fanfare-not-verified', silent: true })
}

async function show({ notification, options }: ParsedPush): Promise<void> {
  if (options !== null) await self.registration.showNotification(notification.title, options as NotificationOptions)
}

async function open(shown: Notification, notification: IncomingNotification, action: string): Promise<void> {
  pressed.add(notification.id)
  shown.close()
  const url = openableUrl(notification.url, self.registration.scope)
  try {
    // A browser lets a worker open a window only while the click is fresh, so that comes before any network.
    await showPage(url ?? self.registration.scope)
  } finally {
    await tellPages('clicked', notification)
    await report(notification.id, 'opened')
    if (url !== null || action !== '') await report(notification.id, 'clicked')
  }
}

/** Firefox says "closed" also for a notification that was pressed, or replaced by a newer one with its tag. */
async function dismiss(shown: Notification, { id }: IncomingNotification): Promise<void> {
  if (pressed.has(id)) return
  const replaced = shown.tag !== '' && (await self.registration.getNotifications({ tag: shown.tag })).length > 0
  if (!replaced) await report(id, 'dismissed')
}

async function showPage(url: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find((candidate) => candidate.url === url)
  if (page === undefined) await self.clients.openWindow(url)
  else await page.focus()
}

async function tellPages(event: PageEvent, notification: IncomingNotification): Promise<void> {
  const message: PageMessage = { kind: 'fanfare', event, notification }
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  for (const page of pages) page.postMessage(message)
}

async function report(notificationId: string, event: ReceiptEvent): Promise<void> {
  await enqueueReceipt(store, { notification_id: notificationId, event, at: new Date().toISOString() })
  await sendReceipts(store, () => self.registration.pushManager.getSubscription())
}

/** The browser dropped or replaced the PushSubscription: the same device goes on under the new one. */
async function move(replacement: PushSubscription | null): Promise<void> {
  const installation = await readInstallation(store)
  if (installation === undefined) return
  const subscription =
    replacement ?? (await ensureSubscription(self.registration.pushManager, installation.vapidPublicKey))
  await writeInstallation(store, await moveOrRegister(installation, subscription))
}

async function moveOrRegister(installation: Installation, subscription: PushSubscription): Promise<Installation> {
  const { endpoint } = subscription
  try {
    await moveDevice(installation, subscription.toJSON())
    return { ...installation, endpoint }
  } catch (error) {
    if (!(error instanceof FanfareError) || error.retry !== 'never') throw error
  }
  // Fanfare does not know the device any more, or knows this address as another one: register, as a page would.
  const { baseUrl, publishableKey } = installation
  const device = await registerDevice(baseUrl, publishableKey, subscription.toJSON(), {})
  return { ...installation, endpoint, deviceId: device.id, deviceKey: device.device_key }
}
