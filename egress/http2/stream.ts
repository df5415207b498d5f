/** One request under way on an HTTP/2 connection. Writes nothing. */
import type { Exchange } from '../exchange.ts'
import { Reply } from '../reply.ts'
import type { Field } from './header-decoder.ts'
import type { SendingStream } from './send-flow.ts'

export class Stream implements SendingStream {
  readonly id: number
  /** Milliseconds of performance.now. */
  readonly startedAt: number
  readonly reply: Reply
  sendWindowBytes: number
  unsent: Uint8Array | null = null

  constructor(id: number, exchange: Exchange, startedAt: number, sendWindowBytes: number) {
    this.id = id
    this.startedAt = startedAt
    this.reply = new Reply(exchange)
    this.sendWindowBytes = sendWindowBytes
  }

  /** A header block: an interim response (1xx), the response, or trailers, which nobody reads. */
  takeFields(fields: readonly Field[]): void {
    const first = fields[0]
    const status = first?.[0] === ':status' ? Number(first[1]) : 0
    if (status >= 200 && !this.reply.hasHead) this.reply.takeHead(status, fields)
  }
}
