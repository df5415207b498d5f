/** The egress in a process of its own. Started by local-egress.ts. */
import { WELL_KNOWN_HOSTS } from '../egress/allowed-hosts.ts'
import { startEgress } from '../egress/server.ts'
import { serveParent } from './child.ts'

export interface EgressChildOptions {
  /** 0: any free port. */
  readonly port: number
  readonly key: string
  /** Beside the well-known push services. */
  readonly allowedHosts: readonly string[]
}

export interface EgressReady {
  readonly url: string
}

await serveParent<EgressChildOptions, EgressReady>(async ({ port, key, allowedHosts }) => {
  const egress = await startEgress({ port, key, allowedHosts: [...WELL_KNOWN_HOSTS, ...allowedHosts] })
  return { ready: { url: egress.url }, close: () => egress.close() }
})
