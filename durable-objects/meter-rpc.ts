/** What callers and a Meter say to each other. Types only. */
import type { BlockAsk, BlockGrant } from '../push/allowance-block.ts'
import type { AppQuotas } from '../push/app-settings.ts'
import type { QuotaWarning, SendVerdict } from '../push/quota-book.ts'

/** A send as it is counted: named by the part of its id that does not depend on the time. */
export interface CountedSend {
  readonly send: string
  /** Digest of the request's body. */
  readonly bodyHash: string
  readonly recipients: number
}

/** `known`: it was counted before. `conflict`: one with the same idempotency key and another body was; this is not counted. */
export type SendCount = SendVerdict | { readonly kind: 'known' } | { readonly kind: 'conflict' }

export interface PlacesGrant {
  readonly granted: number
  readonly used: number
  /** Who is to be told. */
  readonly warnings: readonly QuotaWarning[]
}

/** What an app has used today; `resetsAt` in epoch ms. `devices` null: they are not counted. */
export interface MeterUsage {
  readonly sends: number
  readonly recipients: number
  readonly resetsAt: number
  readonly devices: number | null
}

/** What is asked of the Meter of an app. */
export interface MeterCalls {
  take(ask: BlockAsk): Promise<BlockGrant>
  countSend(counted: CountedSend, quotas: AppQuotas): Promise<SendCount>
  forgetSend(send: string): Promise<void>
  correctSend(counted: CountedSend, reached: number): Promise<void>
  takePlaces(wanted: number, limit: number): Promise<PlacesGrant>
  usage(quotas: AppQuotas): Promise<MeterUsage>
  useOnce(digest: string, by?: string): Promise<boolean>
  empty(): Promise<void>
}
