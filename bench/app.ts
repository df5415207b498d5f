/**
 * The app that sends in the benchmarks: credentials that the simulators issue, and the secrets in them, because the
 * other contestants push as the same app.
 */
import type { ApiClient } from '../dev/api-client.ts'
import { makeVapidKeys, type VapidIdentity } from '../push/providers/webpush/vapid.ts'

export interface AppSecrets {
  /** Google's JSON. */
  readonly serviceAccount: Readonly<Record<string, string>>
  readonly vapid: VapidIdentity
}

/** What the simulated Apple gives for an app. */
export interface ApnsKey {
  readonly team_id: string
  readonly key_id: string
  readonly private_key: string
}

export const BUNDLE_ID = 'dev.fanfare.bench'
const PROJECT_ID = 'fanfare-bench'

export async function makeSecrets(control: ApiClient): Promise<AppSecrets> {
  return {
    serviceAccount: await control.post('/fcm/service-accounts', { project_id: PROJECT_ID }),
    vapid: { subject: 'mailto:bench@fanfare.example', ...(await makeVapidKeys()) },
  }
}

/** A key for each contestant: Apple takes one provider token of a key in 20 minutes. */
export async function makeApnsKey(control: ApiClient): Promise<ApnsKey> {
  const { team_id, key_id, private_key } = await control.post<ApnsKey>('/apns/keys', { bundle_ids: [BUNDLE_ID] })
  return { team_id, key_id, private_key }
}

/**
 * @param root client of the platform with the root key
 * @param control client of the simulators' control API
 * @returns an admin key of the app
 */
export async function makeApp(root: ApiClient, control: ApiClient, secrets: AppSecrets): Promise<string> {
  const { id } = await root.post<{ id: string }>('/v1/apps', { name: 'Bench' })
  const { subject, publicKey, privateKey } = secrets.vapid
  const credentials = {
    fcm: { service_account: secrets.serviceAccount },
    apns: { ...(await makeApnsKey(control)), bundle_id: BUNDLE_ID, environment: 'production' },
    webpush: { subject, public_key: publicKey, private_key: privateKey },
  }
  for (const [service, body] of Object.entries(credentials)) {
    await root.put(`/v1/apps/${id}/credentials/${service}`, body)
  }
  const { key } = await root.post<{ key: string }>(`/v1/apps/${id}/keys`, { role: 'admin' })
  return key
}
