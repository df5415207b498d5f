/** What the bare loop is told before it is timed. Types only; crosses from Node to the Worker as JSON. */
import type { DeviceAddress } from '../audience.ts'

export interface BarePlan {
  readonly service: 'fcm' | 'apns' | 'webpush'
  readonly headers: Readonly<Record<string, string>>
  /** FCM: where every message is posted. APNs: what the device token is appended to. Web Push: nothing. */
  readonly url: string
  /** FCM: the body on both sides of the device token. APNs and Web Push: `before` is the payload. */
  readonly before: string
  readonly after: string
  /** Web Push: bodies are encrypted now, not in the loop. */
  readonly preEncrypted: boolean
  readonly audience: readonly DeviceAddress[]
}

/** What a run answers. */
export interface BareAnswer {
  readonly accepted: number
}
