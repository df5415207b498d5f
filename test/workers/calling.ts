/** How tests call the Worker: through its own fetch handler, as any client would. */
import { env } from 'cloudflare:workers'
import { api } from '../../workers/api/app.ts'
import { rememberBody } from '../console/canaries.ts'

/** The secret that vitest.config.ts sets. */
export const ROOT = env.ROOT_KEY ?? ''

const ORIGIN = 'https://fanfare.test'

export interface Called {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any
}

interface Call {
  readonly bearer?: string
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
  /** Replaces bindings: a deployment that lacks a secret. */
  readonly env?: Partial<Env>
}

/** What is secret in the question and in the answer is known to the ears of the console from then on. */
export async function call(method: string, path: string, options: Call = {}): Promise<Called> {
  const headers = new Headers(options.headers)
  if (options.bearer !== undefined) headers.set('Authorization', `Bearer ${options.bearer}`)
  const { body } = options
  if (body !== undefined && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json')
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  rememberBody(body)
  const request = new Request(ORIGIN + path, { method, headers, body: text })
  const response = await api.fetch(request, { ...env, ...options.env })
  // As text whatever its type: an export is NDJSON.
  const answer = new TextDecoder().decode(await response.arrayBuffer())
  const isJson = /\bjson\b/.test(response.headers.get('Content-Type') ?? '')
  const parsed = isJson ? JSON.parse(answer) : null
  rememberBody(parsed)
  return { status: response.status, headers: response.headers, text: answer, body: parsed }
}

/** A new app with a key of each role. */
export async function makeApp(name = 'Weather') {
  const app = await call('POST', '/v1/apps', { bearer: ROOT, body: { name } })
  const keyOf = async (role: string) => {
    const made = await call('POST', `/v1/apps/${app.body.id}/keys`, { bearer: ROOT, body: { role } })
    return made.body.key as string
  }
  const [admin, sender, analyst, client] = await Promise.all(['admin', 'sender', 'analyst', 'client'].map(keyOf))
  return { id: app.body.id as string, admin: admin!, sender: sender!, analyst: analyst!, client: client! }
}
