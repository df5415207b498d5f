/**
 * The steps of registering a browser, one function each: permission, service worker, PushSubscription, device.
 * fanfare.ts puts them behind the public interface.
 */
import { type DeviceFields, FanfareError, keySourceOf, moveDevice, registerDevice } from './api.ts'
import { refreshKeys } from './app-keys.ts'
import { type Installation, readInstallation, type Verification, writeInstallation } from './installation.ts'
import type { Store } from './store.ts'
import { ensureSubscription } from './subscription.ts'

export type FanfareOptions = PageOptions & Verification

interface PageOptions {
  /** Base of the Fanfare API, such as `https://push.example.com`. */
  readonly baseUrl: string
  /** The app's client key, `pk_…`: made to be seen by everybody. */
  readonly publishableKey: string
  /** The app's VAPID public key, as `PUT /v1/apps/{app}/credentials/webpush` answers it. */
  readonly vapidPublicKey: string
  /** Where the built service-worker.ts is served. Default `/fanfare-service-worker.js`. */
  readonly serviceWorkerUrl?: string
  /** The part of the site that the service worker is for. Default: the folder it is served from. */
  readonly scope?: string
}

/** The options with every default decided. */
export type FanfareConfig = FanfareOptions & { readonly serviceWorkerUrl: string }

/** @throws {TypeError} when pages without types say `verify` and not whose keys */
export function decideConfig(options: FanfareOptions): FanfareConfig {
  if (options.verify === 'required' && !options.appId) throw new TypeError("verify: 'required' needs appId, app_…")
  return {
    ...options,
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    serviceWorkerUrl: options.serviceWorkerUrl ?? '/fanfare-service-worker.js',
  }
}

export interface RegisterOptions {
  /** Your own id of the person. Needs `userToken`. */
  readonly userId?: string
  /** A token that your backend got from `POST /v1/tokens` for this user. Not kept. */
  readonly userToken?: string
  /** BCP 47; default: the browser's language. */
  readonly locale?: string
  readonly appVersion?: string
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
  readonly topics?: readonly string[]
}

/**
 * Registers this browser and answers the device id.
 *
 * @throws {FanfareError} `permission_denied`, `not_supported`, `network`, or the API's code
 */
export async function register(store: Store, config: FanfareConfig, registration: RegisterOptions): Promise<string> {
  await askPermission()
  const worker = await startWorker(config)
  const subscription = await ensureSubscription(worker.pushManager, config.vapidPublicKey)
  return registerAs(store, config, subscription, registration)
}

async function askPermission(): Promise<void> {
  const permission = await Notification.requestPermission()
  if (permission === 'granted') return
  throw new FanfareError('permission_denied', 'Notifications are not allowed for this site in the browser.')
}

/** Registers the service worker and waits until it is active: `pushManager.subscribe` refuses before that. */
async function startWorker(config: FanfareConfig): Promise<ServiceWorkerRegistration> {
  const { serviceWorkerUrl, scope } = config
  const registration = await navigator.serviceWorker.register(serviceWorkerUrl, scope === undefined ? {} : { scope })
  const worker = registration.active ?? registration.waiting ?? registration.installing
  if (worker !== null) await activated(worker)
  return registration
}

/** The PushSubscription of this page's service worker, if there is one. */
export async function findSubscription(config: FanfareConfig): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration(config.scope ?? config.serviceWorkerUrl)
  return (await worker?.pushManager.getSubscription()) ?? null
}

function activated(worker: ServiceWorker): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker.state === 'activated') resolve()
      if (worker.state === 'redundant') reject(new FanfareError('not_supported', 'The service worker did not start.'))
    }
    worker.addEventListener('statechange', look)
    look()
  })
}

async function registerAs(
  store: Store,
  config: FanfareConfig,
  subscription: PushSubscription,
  registration: RegisterOptions,
): Promise<string> {
  const address = subscription.toJSON()
  const earlier = await readOwn(store, config)
  // The browser made a new PushSubscription since: tell Fanfare first, so that it stays the same device.
  if (earlier !== undefined && earlier.endpoint !== subscription.endpoint) await moveIfKnown(earlier, address)
  const verification: Verification = config.verify === 'required' ? { verify: 'required', appId: config.appId } : {}
  // Now, so that an app id that is wrong is told to the page, and the first push needs no request.
  if (config.verify === 'required') await refreshKeys(store, keySourceOf(config), Date.now())
  const bearer = registration.userToken ?? config.publishableKey
  const device = await registerDevice(config.baseUrl, bearer, address, fieldsOf(registration))
  await writeInstallation(store, {
    ...verification,
    baseUrl: config.baseUrl,
    publishableKey: config.publishableKey,
    vapidPublicKey: config.vapidPublicKey,
    deviceId: device.id,
    deviceKey: device.device_key,
    endpoint: subscription.endpoint,
  })
  return device.id
}

/** A refusal is no failure here: the registration that follows decides which device this address is. */
async function moveIfKnown(earlier: Installation, address: PushSubscriptionJSON): Promise<void> {
  try {
    await moveDevice(earlier, address)
  } catch (error) {
    if (!(error instanceof FanfareError) || error.retry !== 'never') throw error
  }
}

function fieldsOf(registration: RegisterOptions): DeviceFields {
  return {
    user_id: registration.userId,
    locale: registration.locale ?? navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    app_version: registration.appVersion,
    attributes: registration.attributes,
    topics: registration.topics,
  }
}

/** The registration of this app at this API; one that an origin's earlier configuration left is not ours. */
export async function readOwn(store: Store, config: FanfareConfig): Promise<Installation | undefined> {
  const installation = await readInstallation(store)
  const own = installation?.baseUrl === config.baseUrl && installation.publishableKey === config.publishableKey
  return own ? installation : undefined
}
