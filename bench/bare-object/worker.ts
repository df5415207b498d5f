/**
 * A Worker that does nothing but keep each request in a new Durable Object, which is the least that accepting a
 * notification durably takes here. No authentication, no validation, and nothing happens afterwards.
 */
import { DurableObject } from 'cloudflare:workers'

interface Bindings {
  readonly REQUEST: DurableObjectNamespace<KeptRequest>
}

export class KeptRequest extends DurableObject {
  /** Answers when the text is on disk. */
  async keep(text: string): Promise<void> {
    await this.ctx.storage.put('request', text)
  }
}

export default {
  async fetch(request, { REQUEST }) {
    await REQUEST.getByName(crypto.randomUUID()).keep(await request.text())
    return Response.json({}, { status: 202 })
  },
} satisfies ExportedHandler<Bindings>
