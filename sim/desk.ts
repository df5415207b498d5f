/**
 * What every simulator stands on: one inbox, one book of faults, one clock of latencies, one certificate.
 * Types and construction only; the servers use it, the control API looks into it.
 */
import { type Certificate, makeCertificate } from './certificate.ts'
import { Faults } from './faults.ts'
import { Inbox, type InboxMode } from './inbox.ts'
import { Latency } from './latency.ts'

export interface Desk {
  readonly inbox: Inbox
  readonly faults: Faults
  readonly latency: Latency
  readonly certificate: Certificate
}

/** The hosts that the simulators may be reached as when a client is redirected to them. */
export const SIMULATED_HOSTS = [
  'localhost',
  '127.0.0.1',
  'fcm.googleapis.com',
  'oauth2.googleapis.com',
  'iid.googleapis.com',
  'api.push.apple.com',
  'api.sandbox.push.apple.com',
  'api.development.push.apple.com',
  'updates.push.services.mozilla.com',
  'web.push.apple.com',
] as const

export interface DeskOptions {
  readonly latencyMs?: number
  readonly inbox?: InboxMode
}

export function makeDesk({ latencyMs = 0, inbox = 'full' }: DeskOptions = {}): Desk {
  return {
    inbox: new Inbox(inbox),
    faults: new Faults(),
    latency: new Latency(latencyMs),
    certificate: makeCertificate(SIMULATED_HOSTS, Date.now()),
  }
}
