/**
 * The control API over HTTP: finds the route, reads the JSON body, writes the answer. What the routes do is in
 * control-routes.ts and beside each simulator.
 */
import { Buffer } from 'node:buffer'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ControlAnswer, ControlError, type ControlRoute } from './control-route.ts'
import { type Listening, listen } from './listen.ts'
import { decodePercent } from './percent.ts'

/** Longest body that is read: enough for a few thousand keys, too little to hurt. */
const MAX_BODY_BYTES = 8 * 1024 * 1024

/** Longer than a test pauses: a connection that is closed under a request looks like a failure of what is tested. */
const KEEP_ALIVE_MS = 120_000

/** Starts the control API. Anything on this machine may call it: it binds to loopback only. */
export function startControl(routes: readonly ControlRoute[], port: number): Promise<Listening> {
  const compiled = routes.map(compile)
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    answer(compiled, request).then(
      (result) => send(response, result),
      (error: unknown) => send(response, describe(error)),
    )
  })
  return listen(server, port)
}

interface CompiledRoute {
  readonly route: ControlRoute
  readonly segments: readonly string[]
}

function compile(route: ControlRoute): CompiledRoute {
  return { route, segments: route.path.split('/') }
}

async function answer(routes: readonly CompiledRoute[], request: IncomingMessage): Promise<ControlAnswer> {
  const [path] = (request.url ?? '/').split('?', 1)
  const segments = path!.split('/')
  const matching = routes.filter((candidate) => matches(candidate.segments, segments))
  if (matching.length === 0) throw new ControlError(404, `there is no ${path}`)
  const found = matching.find(({ route }) => route.method === request.method)
  if (found === undefined) throw new ControlError(405, `${path} does not take ${request.method}`)
  return found.route.handle({ params: bind(found.segments, segments), body: await readBody(request) })
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((expected, index) => expected.startsWith(':') || expected === segments[index])
  )
}

function bind(pattern: readonly string[], segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    if (expected.startsWith(':')) params[expected.slice(1)] = decodeSegment(segments[index]!)
  }
  return params
}

function decodeSegment(segment: string): string {
  const decoded = decodePercent(segment)
  if (decoded === null) throw new ControlError(400, `"${segment}" is not percent-encoded UTF-8`)
  return decoded
}

async function readBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new ControlError(413, `the body is longer than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  return parseObject(Buffer.concat(chunks).toString('utf8'))
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ControlError(400, `the body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ControlError(400, 'the body must be a JSON object')
  }
  return value as Record<string, unknown>
}

/** A mistake of the caller keeps its status; anything else is a bug in a simulator and says so on the console. */
function describe(error: unknown): ControlAnswer {
  if (error instanceof ControlError) return { status: error.status, body: { error: error.message } }
  console.error('simulators: the control API failed:', error)
  return { status: 500, body: { error: String(error) } }
}

function send(response: ServerResponse, { status, body }: ControlAnswer): void {
  if (body === undefined) {
    response.writeHead(status).end()
    return
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
