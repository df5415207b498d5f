import { expect, test } from 'vitest'
import { renderMetrics } from './metrics.ts'
import { Tally } from './tally.ts'

test('metrics are in the text format of Prometheus, with what is counted by host or by kind', () => {
  const tally = new Tally()
  for (const host of ['push.example', 'push.example', 'other.example:8443']) tally.opened.add(host)
  tally.refused.add('full')
  const levels = { tickets: 2, heldBytes: 4096, pools: 3, waiting: 5, underWay: 7 }
  const text = renderMetrics({ ...levels, connections: new Map([['push.example', 2]]) }, tally)
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      '# HELP fanfare_egress_tickets Tickets under way.',
      '# TYPE fanfare_egress_tickets gauge',
      'fanfare_egress_tickets 2',
      'fanfare_egress_held_bytes 4096',
      'fanfare_egress_pushes_in_flight 7',
      'fanfare_egress_connections{host="push.example"} 2',
      '# TYPE fanfare_egress_connections_opened_total counter',
      'fanfare_egress_connections_opened_total{host="push.example"} 2',
      'fanfare_egress_connections_opened_total{host="other.example:8443"} 1',
      'fanfare_egress_refused_total{code="full"} 1',
    ]),
  )
  expect(text.endsWith('\n')).toBe(true)
})
