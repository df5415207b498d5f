/**
 * Pictures that a per-service override tells devices to fetch. Fanfare never fetches them, but a phone inside somebody's
 * network would ask a machine there. Pure.
 */
import type { Json, JsonObject } from './notification.ts'
import { namesPublicHost } from './outbound-url.ts'

/**
 * Fields that hold a picture's URL: of FCM's notifications and options, of the Notification API (icon, badge, image, and the
 * icon of an action), and our own of APNs. What an app's own code makes of its other fields is not known here.
 */
const PICTURES: readonly string[] = ['image', 'icon', 'badge', 'fanfare_image']

/** The path of the first picture whose host is not public; null: there is none. A relative URL or a resource has no host. */
export function findInnerPicture(override: JsonObject): readonly string[] | null {
  for (const [key, value] of Object.entries(override)) {
    const path = PICTURES.includes(key) && isInner(value) ? [] : findWithin(value)
    if (path !== null) return [key, ...path]
  }
  return null
}

function findWithin(value: Json): readonly string[] | null {
  return typeof value === 'object' && value !== null ? findInnerPicture(value as JsonObject) : null
}

/** A text without a scheme is resolved against the page that shows it, unless it begins with a host. */
function isInner(value: Json): boolean {
  if (typeof value !== 'string') return false
  // As the URL Standard begins: what a browser does not see hides nothing (https://url.spec.whatwg.org/#url-parsing).
  const seen = value.replace(/[\t\n\r]/g, '').replace(/^[\0-\x20]+/, '')
  const text = /^[\\/]{2}/.test(seen) ? `https:${seen}` : seen
  // A data URL (RFC 2397) is the picture itself.
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^data:/i.test(text) && !namesPublicHost(text)
}
