/**
 * What the egress answers on HTTP: tickets and the question whether one would be taken for who has the key, metrics
 * likewise, and for anybody only that it is alive.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { decodeTicket, MalformedTicket, type WireTicket } from '../push/egress-ticket.ts'
import { DELIVER_PATH, READY_PATH, REFUSED_HEADER, WIRE_VERSION } from '../push/egress-wire.ts'
import { type Door, FULL, NOT_FOUND, RETRY_AFTER_SECONDS, type Refusal, tooLarge } from './door.ts'
import { Hold } from './held-bytes.ts'
import { METRICS_TYPE, renderMetrics } from './metrics.ts'
import { runTicket, type TicketSurroundings } from './ticket.ts'

export interface Surroundings extends TicketSurroundings {
  readonly door: Door
}

/** @throws when the request breaks off; whatever it was, nobody waits for an answer then */
export async function serve(request: IncomingMessage, response: ServerResponse, around: Surroundings): Promise<void> {
  const refusal = await route(request, response, around)
  if (refusal === null) return
  around.tally.refused.add(refusal.code)
  refuse(response, refusal)
}

/** @returns why the request is refused; null: it was answered */
async function route(
  request: IncomingMessage,
  response: ServerResponse,
  around: Surroundings,
): Promise<Refusal | null> {
  const { door } = around
  switch (`${request.method} ${request.url}`) {
    case 'GET /healthz':
      answerJson(response, 200, { status: 'ok', wire: WIRE_VERSION })
      return null
    case 'GET /metrics':
      return door.checkKey(request) ?? answerMetrics(response, around)
    case `GET ${READY_PATH}`:
      return door.checkKey(request) ?? door.checkRoom(request) ?? answerReady(response)
    case `POST ${DELIVER_PATH}`:
      return door.checkKey(request) ?? door.checkRoom(request) ?? (await takeTicket(request, response, around))
    default:
      return NOT_FOUND
  }
}

function answerReady(response: ServerResponse): null {
  response.writeHead(204).end()
  return null
}

function answerMetrics(response: ServerResponse, { door, pools, tally }: Surroundings): null {
  const levels = { tickets: door.inside, heldBytes: door.held.now, ...pools.levels() }
  response.writeHead(200, { 'content-type': METRICS_TYPE }).end(renderMetrics(levels, tally))
  return null
}

async function takeTicket(
  request: IncomingMessage,
  response: ServerResponse,
  around: Surroundings,
): Promise<Refusal | null> {
  const { door } = around
  response.once('close', door.letIn())
  const hold = new Hold(door.held, door.declaredBytes(request))
  let isOnItsWay = false
  try {
    const ticket = await readTicket(request, door.maxTicketBytes)
    if (!('requests' in ticket)) return ticket
    if (!hold.resize(ticket.heldBytes)) return FULL
    isOnItsWay = true
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
    runTicket(ticket, response, hold, around)
    return null
  } finally {
    if (!isOnItsWay) hold.release()
  }
}

async function readTicket(request: IncomingMessage, maxBytes: number): Promise<WireTicket | Refusal> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > maxBytes) return tooLarge(maxBytes)
    parts.push(part)
  }
  try {
    return decodeTicket(Buffer.concat(parts))
  } catch (error) {
    if (error instanceof MalformedTicket) return { status: 400, code: 'malformed_ticket', detail: error.message }
    throw error
  }
}

/** Says that the ticket was not touched, and ends the connection, because its body may not have been read. */
function refuse(response: ServerResponse, { status, code, detail }: Refusal): void {
  response.setHeader(REFUSED_HEADER, code)
  response.setHeader('connection', 'close')
  if (status === 503) response.setHeader('retry-after', RETRY_AFTER_SECONDS)
  answerJson(response, status, { code, detail })
}

function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
