/**
 * The only importer of itty-durable: an object made of plain fields and methods, typed, for small control state.
 * Not for rows and not for hot paths: every call rewrites all fields as one value.
 *
 * What is tamed here, each measured: awaiting a raw itty stub hangs; a void method answers a raw 204 Response;
 * fields are not loaded outside itty's own calls, so a native RPC method or an alarm would see defaults (there
 * are none on these classes); `ctx` and `env` of the base class are undefined, `this.state` has them.
 */
import { DurableObject } from 'cloudflare:workers'
import { createDurable, proxyDurable } from 'itty-durable'

/** What itty-durable keeps on the instance beside the fields. */
export interface Kept {
  state: DurableObjectState & { env: Env }
  /** Writes all fields: one row. Called after every call; an object that may be a little behind overrides it. */
  persist(): Promise<void>
  /** Called once, when the fields have been read from storage. */
  onLoad(): Promise<void>
}

// itty-durable's types are `any` and `{}`: this cast is where they end.
const itty = createDurable({ autoPersist: true }) as unknown as { prototype: object }
Object.setPrototypeOf(itty, DurableObject)
Object.setPrototypeOf(itty.prototype, DurableObject.prototype)

/** Base class of the control objects: fields are kept, methods are called through {@link durable}. */
export const Durable = itty as unknown as new (ctx: DurableObjectState, env: Env) => DurableObject<Env> & Kept

type Calls<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never
}

type RawStub = Record<string, (...args: unknown[]) => Promise<unknown>>
const proxy = proxyDurable as unknown as (
  namespace: DurableObjectNamespace,
  options: { parse: true },
) => { get(name: string): RawStub }

/** A typed stub of a control object that may be awaited. Arguments travel as JSON in a header: keep them small. */
export function durable<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  name: string,
): Calls<T> {
  const stub = proxy(namespace as unknown as DurableObjectNamespace, { parse: true }).get(name)
  const get = (_: object, method: string | symbol) => {
    if (typeof method !== 'string' || method === 'then') return undefined
    return async (...args: unknown[]) => {
      const answer = await stub[method]!(...args)
      return answer instanceof Response && answer.status === 204 ? undefined : answer
    }
  }
  return new Proxy({}, { get }) as Calls<T>
}
