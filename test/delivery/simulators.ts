/**
 * Before the delivery tests, on Node: the simulators, a receiver of webhooks and an egress, each in a process of its
 * own, whose addresses become bindings of the Worker under test. The egress speaks HTTP/2 over TLS to the real host
 * names, which lead to the simulators; without it the Worker speaks plain HTTP/1.1 to them.
 */
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { type Child, startChild } from '../../dev/child.ts'
import type { SimulatorAddresses } from '../../dev/simulators-child.ts'
import type { EgressAddress, EgressOptions } from './egress-child.ts'
import type { ReceiverAddress } from './webhook-receiver.ts'

declare module 'vitest' {
  interface ProvidedContext {
    simulators: {
      readonly fcmUrl: string
      readonly tokenUrl: string
      readonly apnsUrl: string
      readonly webPushHost: string
      readonly controlUrl: string
      readonly egressUrl: string
      readonly egressKey: string
      readonly webhookReceiverUrl: string
    }
  }
}

export default function setup(project: TestProject): Promise<() => Promise<void>> {
  return provideSimulators(project, async (options) => {
    const egress = await start<EgressOptions, EgressAddress>('./egress-child.ts', options)
    return { url: egress.ready.url, close: egress.close }
  })
}

/** @param startEgress an egress that reaches the simulators under the real host names */
export async function provideSimulators(
  project: TestProject,
  startEgress: (options: EgressOptions) => Promise<EgressAddress & { close(): Promise<void> }>,
): Promise<() => Promise<void>> {
  const simulators = await start<object, SimulatorAddresses>('../../dev/simulators-child.ts', {})
  const { fcm, apns, webpush, caPem, controlUrl } = simulators.ready
  const receiver = await start<object, ReceiverAddress>('./webhook-receiver.ts', {})
  const webPushHost = new URL(webpush.url).host
  const key = randomUUID()
  const egress = await startEgress({
    key,
    allowedHosts: [new URL(webpush.url).origin],
    connectTo: {
      'fcm.googleapis.com': `127.0.0.1:${new URL(fcm.http2Url).port}`,
      'api.push.apple.com': `127.0.0.1:${new URL(apns.url).port}`,
      'api.sandbox.push.apple.com': `127.0.0.1:${new URL(apns.url).port}`,
    },
    caPem,
  })
  project.provide('simulators', {
    fcmUrl: fcm.url,
    tokenUrl: fcm.tokenUrl,
    apnsUrl: apns.httpUrl,
    webPushHost,
    controlUrl,
    egressUrl: egress.url,
    egressKey: key,
    webhookReceiverUrl: receiver.ready.url,
  })
  return async () => {
    await egress.close()
    await receiver.close()
    await simulators.close()
  }
}

function start<Options, Ready>(module: string, options: Options): Promise<Child<Ready>> {
  const onLost = (explanation: string) => console.error(`lost during the tests: ${explanation}`)
  return startChild<Options, Ready>(fileURLToPath(new URL(module, import.meta.url)), options, { onLost })
}
