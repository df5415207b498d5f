/**
 * From the decrypted text of a push to what is shown and reported. Pure: no browser calls.
 */

/** A notification as a page's listener and the service worker see it. */
export interface IncomingNotification {
  /** Fanfare's notification id. */
  readonly id: string
  readonly title: string
  readonly body: string
  readonly image?: string
  readonly icon?: string
  /** Where a click leads. As sent; see {@link openableUrl}. */
  readonly url?: string
  readonly data: Readonly<Record<string, string>>
}

/** What `showNotification` takes beyond the DOM types' idea of it: `image`, `actions` and `renotify` ship in Chromium. */
export interface ShownOptions {
  body?: string
  icon?: string
  image?: string
  badge?: string
  tag: string
  lang?: string
  dir?: 'auto' | 'ltr' | 'rtl'
  silent?: boolean
  renotify?: boolean
  requireInteraction?: boolean
  actions?: unknown[]
  data: ShownData
}

/** Rides on a shown notification, and tells ours from those that other code of the site shows. */
export interface ShownData {
  readonly fanfare: IncomingNotification
}

/** Payload members that are the browser's own notification options: senders set them with the `webpush` override. */
const PASSED_ON = ['badge', 'lang', 'dir', 'silent', 'renotify', 'requireInteraction', 'actions'] as const

/** A parsed push. `options` is null when there is nothing to show: a push of data alone. */
export interface ParsedPush {
  readonly notification: IncomingNotification
  readonly options: ShownOptions | null
  /** All of it as it came: what a signature is about. */
  readonly payload: Readonly<Record<string, unknown>>
}

/**
 * Reads the payload `{title, body, icon?, image?, url?, data, fanfare_id}`; null when it is none of Fanfare's, which
 * is then for somebody else in the same service worker.
 */
export function parsePush(text: string): ParsedPush | null {
  const payload = parseObject(text)
  const id = textOf(payload?.fanfare_id)
  if (payload === null || id === undefined) return null
  const notification: IncomingNotification = {
    id,
    title: textOf(payload.title) ?? '',
    body: textOf(payload.body) ?? '',
    ...optional('image', textOf(payload.image)),
    ...optional('icon', textOf(payload.icon)),
    ...optional('url', textOf(payload.url)),
    data: stringsOf(payload.data),
  }
  const silent = notification.title === '' && notification.body === ''
  return { notification, options: silent ? null : optionsFor(notification, payload), payload }
}

function optionsFor(notification: IncomingNotification, payload: Record<string, unknown>): ShownOptions {
  const options: ShownOptions = {
    body: notification.body,
    ...optional('icon', notification.icon),
    ...optional('image', notification.image),
    // Notifications with one tag are one notification: a duplicate that slips through replaces itself.
    tag: textOf(payload.tag) ?? notification.id,
    data: { fanfare: notification },
  }
  for (const name of PASSED_ON) if (payload[name] !== undefined) Object.assign(options, { [name]: payload[name] })
  return options
}

/** The notification that a shown one is; null when other code showed it. */
export function notificationOf(data: unknown): IncomingNotification | null {
  return isObject(data) && isObject(data.fanfare) ? (data as unknown as ShownData).fanfare : null
}

/**
 * The address a click may open: absolute, http or https, relative ones resolved against the service worker's scope.
 * Null for anything else, `javascript:` above all.
 */
export function openableUrl(url: string | undefined, scope: string): string | null {
  if (url === undefined || !URL.canParse(url, scope)) return null
  const { protocol, href } = new URL(url, scope)
  return protocol === 'https:' || protocol === 'http:' ? href : null
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function stringsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => textOf(entry[1]) !== undefined),
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function optional<K extends string>(name: K, value: string | undefined): { [key in K]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [key in K]?: string }
}
