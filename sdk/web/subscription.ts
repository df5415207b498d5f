/**
 * The browser's PushSubscription, bound to the app's VAPID key. Used by the page and by the service worker.
 */

/**
 * The PushSubscription of this registration for this key: the one that exists, or a new one. One that is bound to
 * another key is given up first, because a push service refuses pushes signed with any other key (RFC 8292 §4.2).
 *
 * @param vapidPublicKey uncompressed P-256 point, base64url, as `PUT …/credentials/webpush` answers it
 */
export async function ensureSubscription(pushManager: PushManager, vapidPublicKey: string): Promise<PushSubscription> {
  const existing = await pushManager.getSubscription()
  if (existing !== null) {
    if (isBoundTo(existing, vapidPublicKey)) return existing
    await existing.unsubscribe()
  }
  // Browsers ask for the promise that every push shows something; Chrome and Safari refuse without it.
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: vapidPublicKey })
}

function isBoundTo(subscription: PushSubscription, vapidPublicKey: string): boolean {
  const key = subscription.options.applicationServerKey
  return key !== null && encodeBase64url(new Uint8Array(key)) === vapidPublicKey.replace(/=+$/, '')
}

/** Base64url without padding (RFC 4648 §5). `Uint8Array.prototype.toBase64` is too young to rely on. */
export function encodeBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
