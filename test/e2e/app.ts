/** An app with Web Push, as the stories need one: its keys, and the key pair that its PushSubscriptions are bound to. */
import webpush from 'web-push'
import type { ApiClient } from '../../dev/api-client.ts'

export interface VapidKeys {
  readonly publicKey: string
  readonly privateKey: string
}

export interface App {
  readonly id: string
  /** A key that may send. */
  readonly sender: string
  /** A publishable key. */
  readonly client: string
  readonly vapid: VapidKeys
}

/** @param operator calls with the root key */
export async function makeApp(operator: ApiClient, name: string): Promise<App> {
  const { id } = await operator.post<{ id: string }>('/v1/apps', { name })
  const vapid = webpush.generateVAPIDKeys()
  await operator.put(`/v1/apps/${id}/credentials/webpush`, {
    subject: 'mailto:e2e@fanfare.example',
    public_key: vapid.publicKey,
    private_key: vapid.privateKey,
  })
  const keyOf = async (role: string) => {
    return (await operator.post<{ key: string }>(`/v1/apps/${id}/keys`, { role })).key
  }
  return { id, sender: await keyOf('sender'), client: await keyOf('client'), vapid }
}
