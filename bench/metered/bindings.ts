/** The bindings, each behind a stand-in that counts what is billed and passes everything on. */
import { count } from './tally.ts'

/** https://developers.cloudflare.com/queues/platform/pricing/ */
const BYTES_PER_OPERATION = 64 * 1024

/** The same environment for everybody who was given the same one. */
const counted = new WeakMap<object, Env>()

export function countBindings(env: Env): Env {
  const known = counted.get(env)
  if (known) return known
  const entries = Object.entries(env).map(([name, binding]) => [name, countBinding(name, binding)] as const)
  const wrapped = Object.fromEntries(entries) as unknown as Env
  counted.set(env, wrapped)
  return wrapped
}

function countBinding(name: string, binding: unknown): unknown {
  if (typeof binding !== 'object' || binding === null) return binding
  if ('sendBatch' in binding) return countQueue(name, binding as Queue)
  if ('idFromName' in binding) return countNamespace(name, binding as DurableObjectNamespace)
  if ('prepare' in binding) return countDatabase(binding as D1Database)
  // Rate limits are not billed.
  if ('limit' in binding) return binding
  throw new TypeError(`nobody knows how the binding ${name} is billed`)
}

function countQueue(name: string, queue: Queue): Pick<Queue, 'send' | 'sendBatch'> {
  const write = (body: unknown) => {
    count('queueWrites', Math.ceil(JSON.stringify(body).length / BYTES_PER_OPERATION), name)
  }
  return {
    send: (body, options) => {
      write(body)
      return queue.send(body, options)
    },
    sendBatch: (messages, options) => {
      const list = [...messages]
      for (const { body } of list) write(body)
      return queue.sendBatch(list, options)
    },
  }
}

/** A batch as the consumer sees it. Each message was read; it is deleted when it is acknowledged. */
export function countBatch(batch: MessageBatch): MessageBatch {
  count('queueReads', batch.messages.length, batch.queue)
  const messages = batch.messages.map((message): Message => {
    const { id, timestamp, body, attempts } = message
    const ack = () => {
      count('queueDeletes', 1, batch.queue)
      message.ack()
    }
    return { id, timestamp, body, attempts, ack, retry: (options) => message.retry(options) }
  })
  const { queue, metadata } = batch
  return { queue, metadata, messages, ackAll: () => batch.ackAll(), retryAll: (options) => batch.retryAll(options) }
}

function countNamespace(name: string, namespace: DurableObjectNamespace): object {
  return new Proxy(namespace, {
    get: (_, property) => {
      const value = Reflect.get(namespace, property, namespace)
      if (property === 'get' || property === 'getByName') {
        return (...args: unknown[]) => countStub(name, value.apply(namespace, args))
      }
      return typeof value === 'function' ? value.bind(namespace) : value
    },
  })
}

function countStub(name: string, stub: object): object {
  return new Proxy(stub, {
    get: (_, property) => {
      const value = Reflect.get(stub, property, stub)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        count('objectRequests', 1, `${name}.${String(property)}`)
        return (stub as Record<PropertyKey, (...args: unknown[]) => unknown>)[property]!(...args)
      }
    },
  })
}

interface D1Answer {
  readonly meta?: { readonly rows_read?: number; readonly rows_written?: number }
}

/** Not every call of the binding hands out what was read and written, but every answer of the database says it. */
function countDatabase(database: D1Database): D1Database {
  const { fetcher } = database as unknown as { fetcher: Fetcher }
  const Binding = database.constructor as new (fetcher: Pick<Fetcher, 'fetch'>) => D1Database
  return new Binding({
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      const response = await fetcher.fetch(input, init)
      const answers = [await response.clone().json<D1Answer | D1Answer[]>()].flat()
      for (const { meta } of answers) {
        count('d1RowsRead', meta?.rows_read ?? 0, 'D1')
        count('d1RowsWritten', meta?.rows_written ?? 0, 'D1')
      }
      return response
    },
  })
}
