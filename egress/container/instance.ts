/** Which container a ticket goes to. Pure. */
import { POOL_HEADER } from '../../push/egress-wire.ts'

/** One pool stays on one container: its connections live there, and both calls of a conversation have to meet. */
export function nameOfInstance(headers: Pick<Headers, 'get'>, instances: number): string {
  const pool = headers.get(POOL_HEADER) ?? ''
  let hash = 0
  for (let at = 0; at < pool.length; at++) hash = (Math.imul(hash, 31) + pool.charCodeAt(at)) >>> 0
  return `egress-${hash % Math.max(1, instances)}`
}
