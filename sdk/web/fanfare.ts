/**
 * Fanfare for web pages: register this browser as a device, subscribe it to topics, hear what arrives. The page's
 * half; the service worker's half is service-worker.ts. See README.md for the three lines that most pages need.
 */
import { changeTopic, FanfareError, removeDevice } from './api.ts'
import { asDevice } from './as-device.ts'
import { forgetInstallation, type Installation } from './installation.ts'
import { isPageMessage, type PageEvent } from './messages.ts'
import type { IncomingNotification } from './payload.ts'
import {
  decideConfig,
  type FanfareConfig,
  type FanfareOptions,
  findSubscription,
  type RegisterOptions,
  readOwn,
  register,
} from './register.ts'
import { enqueueReceipt, type ReceiptEvent } from './report.ts'
import { sendReceipts } from './send-receipts.ts'
import { openStore, type Store } from './store.ts'

export {
  FanfareError,
  type FanfareOptions,
  type IncomingNotification,
  type PageEvent,
  type ReceiptEvent,
  type RegisterOptions,
}

export interface Fanfare {
  /** Whether this browser can receive pushes here. On iOS only once the site is on the home screen. */
  readonly supported: boolean
  /** The device id, or null before `register` and after `unregister`. */
  deviceId(): Promise<string | null>
  /**
   * Asks for permission if that has not been decided, and registers this browser. Call it from a click; calling it
   * again refreshes the registration. Answers the device id.
   *
   * @throws {FanfareError} `not_supported`, `permission_denied`, `network`, or the API's code
   */
  register(options?: RegisterOptions): Promise<string>
  /** Every send to the topic after this resolves reaches the device. May be repeated. */
  subscribe(topic: string): Promise<void>
  /** No send to the topic after this resolves reaches the device. May be repeated. */
  unsubscribe(topic: string): Promise<void>
  /** Ends pushes to this browser and deletes the device. If the API cannot be reached, call it again. */
  unregister(): Promise<void>
  /** Hears each push that arrives, and each click, while a page is open. Answers the function that stops it. */
  onNotification(listener: (notification: IncomingNotification, event: PageEvent) => void): () => void
  /** Reports what your own page did with a notification; the service worker reports the usual by itself. */
  report(notificationId: string, event: ReceiptEvent): Promise<void>
}

/** Makes the page's half. Does nothing by itself, except sending receipts that an earlier visit left behind. */
export function createFanfare(options: FanfareOptions): Fanfare {
  const config = decideConfig(options)
  const supported =
    'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis && isSecureContext
  const store = openStore()
  const find = () => findSubscription(config)
  if (supported) void sendReceipts(store, find)
  return {
    supported,
    async deviceId() {
      return (await readOwn(store, config))?.deviceId ?? null
    },
    async register(registration = {}) {
      if (!supported) throw new FanfareError('not_supported', 'This browser has no Web Push on this page.')
      return register(store, config, registration)
    },
    async subscribe(topic) {
      await asDevice(store, await requireOwn(store, config), find, (device) => changeTopic(device, 'PUT', topic))
    },
    async unsubscribe(topic) {
      await asDevice(store, await requireOwn(store, config), find, (device) => changeTopic(device, 'DELETE', topic))
    },
    async unregister() {
      const installation = await readOwn(store, config)
      if (installation === undefined) return
      const subscription = await find()
      await subscription?.unsubscribe()
      await removeIfKnown(() => asDevice(store, installation, async () => subscription, removeDevice))
      await forgetInstallation(store)
    },
    onNotification(listener) {
      if (!supported) return () => undefined
      const hear = ({ data }: MessageEvent) => {
        if (isPageMessage(data)) listener(data.notification, data.event)
      }
      navigator.serviceWorker.addEventListener('message', hear)
      navigator.serviceWorker.startMessages()
      return () => navigator.serviceWorker.removeEventListener('message', hear)
    },
    async report(notificationId, event) {
      await enqueueReceipt(store, { notification_id: notificationId, event, at: new Date().toISOString() })
      await sendReceipts(store, find)
    },
  }
}

/** A device that Fanfare does not know any more is as good as removed. */
async function removeIfKnown(remove: () => Promise<void>): Promise<void> {
  try {
    await remove()
  } catch (error) {
    if (!(error instanceof FanfareError) || (error.status !== 401 && error.status !== 404)) throw error
  }
}

async function requireOwn(store: Store, config: FanfareConfig): Promise<Installation> {
  const installation = await readOwn(store, config)
  if (installation === undefined) throw new FanfareError('not_registered', 'Call register() first.')
  return installation
}
