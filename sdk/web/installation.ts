/**
 * What this browser knows about its own registration, kept in the store so that the service worker can report and
 * re-register without a page. Types and the key it is kept under; nothing else.
 */
import type { Store } from './store.ts'

/**
 * Whether pushes are shown unseen, or those alone that the app has signed. Then `appId` says whose keys; it is as public as
 * the publishable key.
 */
export type Verification =
  | { readonly verify?: undefined }
  | {
      readonly verify: 'required'
      /** `app_…` */
      readonly appId: string
    }

/** This browser as a device of one Fanfare app. */
export type Installation = Registration & Verification

interface Registration {
  /** Base of the Fanfare API, without a trailing slash. */
  readonly baseUrl: string
  readonly publishableKey: string
  /** The app's VAPID public key that the PushSubscription is bound to, base64url. */
  readonly vapidPublicKey: string
  readonly deviceId: string
  /** Proves to the API that a call comes from this device. Secret of this browser profile. */
  readonly deviceKey: string
  /** The PushSubscription that the API knows, to notice when the browser made another. */
  readonly endpoint: string
}

const INSTALLATION = 'installation'

export function readInstallation(store: Store): Promise<Installation | undefined> {
  return store.read<Installation>(INSTALLATION)
}

export async function writeInstallation(store: Store, installation: Installation): Promise<void> {
  await store.change<Installation>(INSTALLATION, () => installation)
}

export async function forgetInstallation(store: Store): Promise<void> {
  await store.change<Installation>(INSTALLATION, () => undefined)
}
