/** An audit log as lines of NDJSON, read from its object a part at a time, as fast as somebody takes them. */
import type { AuditCalls, AuditEnds } from '../../durable-objects/audit-rpc.ts'

/**
 * The log as it is now: what is added meanwhile is not in it. Pruned meanwhile, it ends without its last line, as it does
 * when the object is not reached any more.
 *
 * @param log a new stub each time
 */
export async function exportLines(name: string, log: () => AuditCalls): Promise<ReadableStream<Uint8Array>> {
  const { anchor, head } = await log().ends()
  const lines = linesOf(name, { anchor, head }, log)
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await lines.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
  })
}

async function* linesOf(name: string, { anchor, head }: AuditEnds, log: () => AuditCalls): AsyncGenerator<string> {
  yield lineOf({ anchor: { log: name, ...anchor } })
  let after = anchor.sequence
  while (after < head.sequence) {
    const records = await log().records(after, head.sequence)
    if (records.length === 0) throw new Error(`the audit log of ${name} was pruned while it was exported`)
    yield `${records.join('\n')}\n`
    after += records.length
  }
  yield lineOf({ head: { sequence: head.sequence, hash: head.hash } })
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}
