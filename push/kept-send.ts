/**
 * What is kept of a send that was counted against a quota, so that it is counted once. Requests that are the same send
 * hold it together; it is taken out again when the last of them was refused after all. Pure.
 */

export interface KeptSend {
  /** Digest of the request's body: the same name with another body is another send. */
  readonly bodyHash: string
  readonly recipients: number
  /** Requests that hold it: one that was accepted, or of which nobody knows, never lets go. */
  readonly holders: number
}

/** Another request with the same name. Null: it has another body. */
export function holdSend(kept: KeptSend, bodyHash: string): KeptSend | null {
  return kept.bodyHash === bodyHash ? { ...kept, holders: kept.holders + 1 } : null
}

/** One of its requests was refused. Null: it was the last. */
export function releaseSend(kept: KeptSend): KeptSend | null {
  return kept.holders > 1 ? { ...kept, holders: kept.holders - 1 } : null
}
