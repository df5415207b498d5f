/**
 * The Worker in front of an egress that runs as a Cloudflare Container: picks the container by the ticket's pool,
 * starts it when it is asked for, passes requests through. Reached over a service binding, never from outside.
 *
 * https://developers.cloudflare.com/containers/api/durable-object-container/
 */
import { DurableObject } from 'cloudflare:workers'
import { READY_PATH, REFUSED_HEADER } from '../../push/egress-wire.ts'
import { nameOfInstance } from './instance.ts'

interface ContainerEnv {
  readonly EGRESS_CONTAINER: DurableObjectNamespace<EgressContainer>
  /** The secret that the platform's Worker has under the same name. */
  readonly EGRESS_KEY: string
  readonly EGRESS_INSTANCES: string
  readonly EGRESS_ALLOWED_HOSTS: string
}

const PORT = 8788
/** Apple wants connections that live for hours; a container that nobody needs for one may go. */
const IDLE_MS = 60 * 60 * 1000
/** A container needs a few seconds to start. Meanwhile it takes nothing. */
const STARTING = { [REFUSED_HEADER]: 'starting', 'retry-after': '1' }

export default {
  fetch(request: Request, env: ContainerEnv): Promise<Response> {
    const name = nameOfInstance(request.headers, Number(env.EGRESS_INSTANCES))
    return env.EGRESS_CONTAINER.getByName(name).fetch(request)
  },
}

export class EgressContainer extends DurableObject<ContainerEnv> {
  override async fetch(request: Request): Promise<Response> {
    const container = this.ctx.container
    if (container === undefined) throw new Error('this object was deployed without its container')
    if (!container.running) this.#start(container)
    const port = container.getTcpPort(PORT)
    if (new URL(request.url).pathname !== READY_PATH) return await port.fetch(request)
    try {
      return await port.fetch(request)
    } catch (error) {
      console.warn('the egress does not listen yet:', error)
      return new Response(null, { status: 503, headers: STARTING })
    }
  }

  #start(container: Container): void {
    const { EGRESS_KEY, EGRESS_ALLOWED_HOSTS } = this.env
    container.start({ enableInternet: true, env: { EGRESS_KEY, EGRESS_ALLOWED_HOSTS, PORT: String(PORT) } })
    const ended = container.monitor().then(
      () => console.warn('the egress has ended'),
      (error) => console.error('the egress was lost:', error),
    )
    this.ctx.waitUntil(Promise.all([ended, container.setInactivityTimeout(IDLE_MS)]))
  }
}
