/**
 * What `GET /metrics` answers: Prometheus' text format, version 0.0.4
 * (prometheus.io/docs/instrumenting/exposition_formats). Pure. Says nothing of tenants: hosts, never pools.
 */
import type { Counter, Tally } from './tally.ts'

/** What is the case at the moment. */
export interface Levels {
  readonly tickets: number
  readonly heldBytes: number
  readonly pools: number
  readonly waiting: number
  readonly underWay: number
  /** Open connections by host. */
  readonly connections: ReadonlyMap<string, number>
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function renderMetrics(levels: Levels, tally: Tally): string {
  return [
    gauge('tickets', 'Tickets under way.', levels.tickets),
    gauge('held_bytes', 'Bytes of tickets and unread answers in memory, about.', levels.heldBytes),
    gauge('pools', 'Connection pools: one for each credential and origin.', levels.pools),
    gauge('pushes_waiting', 'Pushes that wait for a connection.', levels.waiting),
    gauge('pushes_in_flight', 'Pushes that were sent and are not answered.', levels.underWay),
    labelled('connections', 'gauge', 'Open connections.', 'host', levels.connections),
    counter('connections_opened_total', 'HTTP/2 connections opened.', 'host', tally.opened),
    counter('connections_closed_total', 'HTTP/2 connections that ended.', 'host', tally.closed),
    counter('connections_failed_total', 'Connections that could not be used.', 'host', tally.failed),
    counter('goaways_total', 'GOAWAY frames received.', 'host', tally.goaways),
    counter('answers_total', 'Pushes by class of answer; without one, whether it was sent.', 'class', tally.answers),
    counter('refused_total', 'Requests of the Worker that were refused untouched.', 'code', tally.refused),
  ].join('')
}

function gauge(name: string, help: string, value: number): string {
  return `${head(name, 'gauge', help)}fanfare_egress_${name} ${value}\n`
}

function counter(name: string, help: string, label: string, { counts }: Counter): string {
  return labelled(name, 'counter', help, label, counts)
}

function labelled(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  label: string,
  values: ReadonlyMap<string, number>,
): string {
  const lines = [...values].map(([of, value]) => `fanfare_egress_${name}{${label}=${JSON.stringify(of)}} ${value}\n`)
  return head(name, type, help) + lines.join('')
}

function head(name: string, type: string, help: string): string {
  return `# HELP fanfare_egress_${name} ${help}\n# TYPE fanfare_egress_${name} ${type}\n`
}
