/**
 * Who makes a call and to what, so that it gets as far as it can: with the bearer that the table of access lets in, to what
 * there is. What only the operator may do to an app is done to another one: tiny quotas, or its end, would refuse the rest.
 */
import { grantsOf } from '../../workers/api/access.ts'
import { call, makeApp, ROOT } from '../workers/calling.ts'
import { fcmDevice } from '../workers/device-samples.ts'
import type { DocumentedCall } from './documented-calls.ts'

export interface Victim {
  readonly app: Awaited<ReturnType<typeof makeApp>>
  readonly operated: Awaited<ReturnType<typeof makeApp>>
  readonly device: { readonly id: string; readonly device_key: string }
}

export async function makeVictim(): Promise<Victim> {
  const [app, operated] = await Promise.all([makeApp(), makeApp()])
  const { body } = await call('POST', '/v1/devices', { bearer: app.client, body: fcmDevice() })
  return { app, operated, device: body }
}

/** Undefined: it takes none. */
export function bearerFor({ app, device }: Victim, operationId: string): string | undefined {
  const grants = grantsOf(operationId)
  if (grants.length === 0) return undefined
  if (isRootOnly(operationId)) return ROOT
  return grants.every((grant) => grant === 'device') ? device.device_key : app.admin
}

/** Fills a path of the call with what there is, and with names that nobody has. */
export function fillPath(victim: Victim, operationId: string, path: string): string {
  const { id } = isRootOnly(operationId) ? victim.operated : victim.app
  return fillWithNobody(path.replace('{app}', id).replace('/devices/{id}', `/devices/${victim.device.id}`))
}

/** Fills a path with names that nobody has: for calls that would end what the attacks after them need. */
export function fillWithNobody(path: string): string {
  const id = '0'.repeat(29)
  const names = {
    '{app}': `app_${id}`,
    '{topic}': 'hostile',
    '{platform}': 'webpush',
    '{use}': 'links',
    '{id}': `ntf_${id}`,
  }
  const filled = Object.entries(names).reduce((text, [name, value]) => text.replaceAll(name, value), path)
  return filled.replaceAll(/\{\w+\}/g, 'x')
}

/** Whether a call takes something away that other calls need: a device, a key, an app. */
export function isEnd({ method, operationId }: DocumentedCall): boolean {
  return method === 'DELETE' || operationId === 'rotateDeviceKey'
}

function isRootOnly(operationId: string): boolean {
  const grants = grantsOf(operationId)
  return grants.length > 0 && grants.every((grant) => grant === 'root')
}
