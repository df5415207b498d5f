/** The egress of the delivery tests, in a process of its own: the real host names lead to the simulators. */
import { serveParent } from '../../dev/child.ts'
import { WELL_KNOWN_HOSTS } from '../../egress/allowed-hosts.ts'
import { startEgress } from '../../egress/server.ts'

export interface EgressOptions {
  readonly key: string
  /** Beside the well-known push services. */
  readonly allowedHosts: readonly string[]
  /** Host as in the URL → `address:port` to connect to in its place. */
  readonly connectTo: Readonly<Record<string, string>>
  /** PEM of the authority that signed the simulators' certificate. */
  readonly caPem: string
}

export interface EgressAddress {
  readonly url: string
}

await serveParent<EgressOptions, EgressAddress>(async ({ key, allowedHosts, connectTo, caPem }) => {
  const hosts = [...WELL_KNOWN_HOSTS, ...allowedHosts]
  const egress = await startEgress({ key, allowedHosts: hosts, connectTo, ca: [caPem] })
  return { ready: { url: egress.url }, close: () => egress.close() }
})
