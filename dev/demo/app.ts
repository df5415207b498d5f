/**
 * Makes the demo app: credentials that the simulators issue, and the keys that its backend and its clients use.
 */
import type { ApiClient } from '../api-client.ts'

export interface DemoApp {
  readonly id: string
  readonly adminKey: string
  readonly senderKey: string
  /** The key that a web page may contain. */
  readonly clientKey: string
  /** What browsers subscribe with. */
  readonly vapidPublicKey: string
}

const BUNDLE_ID = 'dev.fanfare.demo'

/** @param root client of the platform with the root key @param control client of the simulators' control API */
export async function makeApp(root: ApiClient, control: ApiClient): Promise<DemoApp> {
  const { id } = await root.post<{ id: string }>('/v1/apps', { name: 'Demo' })
  const vapidPublicKey = await putCredentials(root, control, id)
  const makeKey = async (role: string) => (await root.post<{ key: string }>(`/v1/apps/${id}/keys`, { role })).key
  const [adminKey, senderKey, clientKey] = await Promise.all([makeKey('admin'), makeKey('sender'), makeKey('client')])
  return { id, adminKey, senderKey, clientKey, vapidPublicKey }
}

async function putCredentials(root: ApiClient, control: ApiClient, appId: string): Promise<string> {
  const serviceAccount = await control.post('/fcm/service-accounts', { project_id: 'fanfare-demo' })
  await root.put(`/v1/apps/${appId}/credentials/fcm`, { service_account: serviceAccount })

  const apns = await control.post<Record<'team_id' | 'key_id' | 'private_key', string>>('/apns/keys', {
    bundle_ids: [BUNDLE_ID],
  })
  await root.put(`/v1/apps/${appId}/credentials/apns`, {
    team_id: apns.team_id,
    key_id: apns.key_id,
    private_key: apns.private_key,
    bundle_id: BUNDLE_ID,
    environment: 'production',
  })

  const webpush = await root.put<{ public_key: string }>(`/v1/apps/${appId}/credentials/webpush`, {
    subject: 'mailto:demo@fanfare.example',
  })
  return webpush.public_key
}
