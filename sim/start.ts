/**
 * Starts all simulators and the control API in this process, and stops them. Sequences only.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApns } from './apns/server.ts'
import { startControl } from './control.ts'
import { deskRoutes } from './control-routes.ts'
import { type DeskOptions, makeDesk } from './desk.ts'
import { startFcm } from './fcm/server.ts'
import { startWebPush } from './webpush/server.ts'

export type PortName = 'fcm' | 'fcmHttp2' | 'apns' | 'apnsHttp' | 'webpush' | 'webpushHttps' | 'control'
export type Ports = Readonly<Partial<Record<PortName, number>>>

export interface SimulatorOptions extends DeskOptions {
  /** 0 or absent: any free port. All listen on 127.0.0.1. */
  readonly ports?: Ports
}

export interface Simulators {
  /** The throw-away authority that signed the simulators' certificate, as PEM and as a file for NODE_EXTRA_CA_CERTS. */
  readonly caPem: string
  readonly caFile: string
  readonly fcm: {
    /** Plain HTTP/1.1. */
    readonly url: string
    /** TLS with HTTP/2 and HTTP/1.1. */
    readonly http2Url: string
    readonly tokenUrl: string
    readonly http2TokenUrl: string
  }
  readonly apns: {
    /** TLS with HTTP/2. */
    readonly url: string
    /** Plain HTTP/1.1, which Apple does not offer: for runtimes that speak nothing else. */
    readonly httpUrl: string
  }
  readonly webpush: { readonly url: string; readonly httpsUrl: string; readonly socketUrl: string }
  readonly controlUrl: string
  /** Closes every connection and listener, and removes the CA file. */
  close(): Promise<void>
}

/** Starts everything. @throws when a port is taken; whatever had started is closed again */
export async function startSimulators(options: SimulatorOptions = {}): Promise<Simulators> {
  const desk = makeDesk(options)
  const ports = options.ports ?? {}
  const opened: (() => Promise<void>)[] = []
  const close = async () => {
    await Promise.all(opened.splice(0).map((closeOne) => closeOne()))
  }
  try {
    const fcm = track(opened, await startFcm(desk, { ports }))
    const apns = track(opened, await startApns(desk, { ports }))
    const webpush = track(opened, await startWebPush(desk, { ports }))
    const routes = [...deskRoutes(desk), ...fcm.routes, ...apns.routes, ...webpush.routes]
    const control = track(opened, await startControl(routes, ports.control ?? 0))
    const directory = await mkdtemp(join(tmpdir(), 'fanfare-sim-'))
    opened.push(() => rm(directory, { recursive: true, force: true }))
    const caFile = join(directory, 'ca.pem')
    await writeFile(caFile, desk.certificate.caPem)
    return {
      caPem: desk.certificate.caPem,
      caFile,
      fcm: { url: fcm.url, http2Url: fcm.http2Url, tokenUrl: fcm.tokenUrl, http2TokenUrl: fcm.http2TokenUrl },
      apns: { url: apns.url, httpUrl: apns.httpUrl },
      webpush: { url: webpush.url, httpsUrl: webpush.httpsUrl, socketUrl: webpush.socketUrl },
      controlUrl: `http://127.0.0.1:${control.port}`,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function track<T extends { close(): Promise<void> }>(opened: (() => Promise<void>)[], started: T): T {
  opened.push(() => started.close())
  return started
}
