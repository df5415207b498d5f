/**
 * How long each service takes before it answers. Holds numbers; the servers do the waiting.
 */
import { SERVICES, type Service } from './service.ts'

export class Latency {
  readonly #ms: Record<Service, number>

  /** @param ms for every service */
  constructor(ms: number) {
    this.#ms = { fcm: ms, oauth: ms, apns: ms, webpush: ms }
  }

  /** Milliseconds to wait before a request of this service is answered. */
  of(service: Service): number {
    return this.#ms[service]
  }

  /** @param service null: all of them */
  set(service: Service | null, ms: number): void {
    for (const name of service === null ? SERVICES : [service]) this.#ms[name] = ms
  }

  view(): Readonly<Record<Service, number>> {
    return { ...this.#ms }
  }
}
