/**
 * The messages of Mozilla's WebSocket push protocol. Pure: text to typed message and back; no sockets, no store.
 *
 * Source: mozilla-services/autopush-rs `autoconnect-common/src/protocol.rs`; mozilla/gecko-dev
 * `dom/push/PushServiceWebSocket.sys.mjs`.
 */

/** What a browser says. */
export type BrowserMessage =
  | { readonly type: 'hello'; readonly uaid: string | null }
  | { readonly type: 'register'; readonly channelId: string; readonly key: string | null }
  | { readonly type: 'unregister'; readonly channelId: string; readonly code: number | null }
  | { readonly type: 'ack'; readonly updates: readonly Ack[] }
  | { readonly type: 'nack'; readonly version: string; readonly code: number | null }
  | { readonly type: 'ping' }
  /** Known and of no consequence here, such as `broadcast_subscribe`. */
  | { readonly type: 'other' }

export interface Ack {
  readonly channelId: string
  readonly version: string
  /** 100 delivered, 101 could not decrypt, 102 not delivered. */
  readonly code: number
}

/** One push on its way to a browser. */
export interface Notification {
  readonly channelId: string
  /** Names the message in the browser's ack. */
  readonly version: string
  /** The encrypted body; empty for a push without one. */
  readonly body: Buffer
}

/** What an ack without a code means. */
const DELIVERED = 100

/** Reads one text frame; null when it is not of the protocol. */
export function parseBrowserMessage(text: string): BrowserMessage | null {
  const fields = parseObject(text)
  if (fields === null) return null
  if (Object.keys(fields).length === 0) return { type: 'ping' }
  const { channelID: channelId, code } = fields
  switch (fields.messageType) {
    case 'hello':
      return { type: 'hello', uaid: textOrNull(fields.uaid) }
    case 'register':
      return typeof channelId === 'string' ? { type: 'register', channelId, key: textOrNull(fields.key) } : null
    case 'unregister':
      return typeof channelId === 'string' ? { type: 'unregister', channelId, code: numberOrNull(code) } : null
    case 'ack':
      return parseAcks(fields.updates)
    case 'nack':
      return typeof fields.version === 'string'
        ? { type: 'nack', version: fields.version, code: numberOrNull(code) }
        : null
    case 'ping':
      return { type: 'ping' }
    default:
      return typeof fields.messageType === 'string' ? { type: 'other' } : null
  }
}

export function helloAnswer(uaid: string): string {
  return JSON.stringify({ messageType: 'hello', uaid, status: 200, use_webpush: true, broadcasts: {} })
}

export function registerAnswer(channelId: string, pushEndpoint: string): string {
  return JSON.stringify({ messageType: 'register', channelID: channelId, status: 200, pushEndpoint })
}

/** 400: the key is not a P-256 public key. */
export function registerRefusal(channelId: string): string {
  return JSON.stringify({ messageType: 'register', channelID: channelId, status: 400, pushEndpoint: '' })
}

export function unregisterAnswer(channelId: string): string {
  return JSON.stringify({ messageType: 'unregister', channelID: channelId, status: 200 })
}

export function pingAnswer(): string {
  return '{}'
}

export function notificationMessage({ channelId, version, body }: Notification): string {
  const encrypted = body.length > 0 && { data: body.toString('base64url'), headers: { encoding: 'aes128gcm' } }
  return JSON.stringify({ messageType: 'notification', channelID: channelId, version, ...encrypted })
}

function parseAcks(updates: unknown): BrowserMessage | null {
  if (!Array.isArray(updates)) return null
  const acks = updates.map(parseAck)
  return acks.includes(null) ? null : { type: 'ack', updates: acks.filter((ack) => ack !== null) }
}

function parseAck(update: unknown): Ack | null {
  if (!isObject(update)) return null
  const { channelID: channelId, version, code } = update
  if (typeof channelId !== 'string' || typeof version !== 'string') return null
  return { channelId, version, code: numberOrNull(code) ?? DELIVERED }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
