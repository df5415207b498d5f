/**
 * Before the delivery tests, on Node: the simulators in a process of their own, whose addresses become bindings of
 * the Worker under test.
 */
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { startChild } from '../../dev/child.ts'
import type { SimulatorAddresses } from '../../dev/simulators-child.ts'

declare module 'vitest' {
  interface ProvidedContext {
    simulators: {
      fcmUrl: string
      tokenUrl: string
      apnsUrl: string
      webPushHost: string
      controlUrl: string
      egressUrl: string
      egressKey: string
    }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const module = fileURLToPath(new URL('../../dev/simulators-child.ts', import.meta.url))
  const onLost = (explanation: string) => console.error(`the simulators are gone: ${explanation}`)
  const { ready, close } = await startChild<object, SimulatorAddresses>(module, {}, { onLost })
  project.provide('simulators', {
    fcmUrl: ready.fcm.url,
    tokenUrl: ready.fcm.tokenUrl,
    apnsUrl: ready.apns.httpUrl,
    webPushHost: new URL(ready.webpush.url).host,
    controlUrl: ready.controlUrl,
    egressUrl: '',
    egressKey: '',
  })
  return close
}
