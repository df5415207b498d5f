/**
 * The routes of the control API that concern all simulators: faults, inboxes, counts, latency, health.
 */
import { ControlError, type ControlRequest, type ControlRoute, optionalNumber } from './control-route.ts'
import type { Desk } from './desk.ts'
import { parseFaultRule } from './fault-rule.ts'
import { isService, SERVICES, type Service } from './service.ts'

export function deskRoutes(desk: Desk): ControlRoute[] {
  return [
    { method: 'GET', path: '/healthz', handle: () => ({ status: 200, body: { status: 'ok' } }) },
    ...faultRoutes(desk),
    ...inboxRoutes(desk),
    { method: 'GET', path: '/latency', handle: () => ({ status: 200, body: desk.latency.view() }) },
    { method: 'PUT', path: '/latency', handle: ({ body }) => setLatency(desk, body) },
  ]
}

function faultRoutes({ faults }: Desk): ControlRoute[] {
  return [
    {
      method: 'POST',
      path: '/faults',
      handle: ({ body }) => ({ status: 201, body: { id: faults.add(parseFaultRule(body)) } }),
    },
    { method: 'GET', path: '/faults', handle: () => ({ status: 200, body: { data: faults.list() } }) },
    {
      method: 'DELETE',
      path: '/faults/:id',
      handle: ({ params }) => {
        if (!faults.remove(params.id!)) throw new ControlError(404, `there is no fault "${params.id}"`)
        return { status: 204 }
      },
    },
    {
      method: 'DELETE',
      path: '/faults',
      handle: () => {
        faults.clear()
        return { status: 204 }
      },
    },
  ]
}

function inboxRoutes({ inbox }: Desk): ControlRoute[] {
  return [
    {
      method: 'GET',
      path: '/inbox/:service/:address',
      handle: ({ params }) => {
        refuseToCountOnly(inbox)
        return { status: 200, body: { data: inbox.arrivalsAt(serviceOf(params.service), params.address!) } }
      },
    },
    {
      method: 'GET',
      path: '/inbox/:service',
      handle: ({ params }) => {
        refuseToCountOnly(inbox)
        return { status: 200, body: { data: inbox.listArrivals(serviceOf(params.service)) } }
      },
    },
    { method: 'GET', path: '/counts', handle: () => ({ status: 200, body: inbox.counts() }) },
    {
      method: 'DELETE',
      path: '/inbox',
      handle: () => {
        inbox.clear()
        return { status: 204 }
      },
    },
  ]
}

function refuseToCountOnly({ mode }: Desk['inbox']): void {
  if (mode !== 'full') throw new ControlError(409, 'the inbox only counts; start with inbox "full"')
}

function setLatency({ latency }: Desk, body: ControlRequest['body']) {
  const ms = optionalNumber(body, 'ms', 0)
  if (ms === undefined) throw new ControlError(400, '"ms" is missing')
  latency.set(body.service === undefined ? null : serviceOf(body.service), ms)
  return { status: 200, body: latency.view() }
}

function serviceOf(value: unknown): Service {
  if (isService(value)) return value
  throw new ControlError(400, `there is no service ${JSON.stringify(value)}; there are ${SERVICES.join(', ')}`)
}
