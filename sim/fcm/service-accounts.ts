/**
 * The service accounts that the simulated Google knows: which project they belong to and which keys they sign with.
 */
import { createPublicKey, generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { ControlError, type ControlRequest, type ControlRoute, optionalText, requireText } from '../control-route.ts'

export interface ServiceAccount {
  readonly projectId: string
  readonly clientEmail: string
  /** An account may have several, as at Google. */
  readonly keys: { readonly id: string; readonly publicKey: KeyObject }[]
}

export class ServiceAccounts {
  readonly #byEmail = new Map<string, ServiceAccount>()

  find(clientEmail: string): ServiceAccount | null {
    return this.#byEmail.get(clientEmail) ?? null
  }

  /** Adds a key to an account, which is made when there is none of this address. */
  addKey(projectId: string, clientEmail: string, id: string, publicKey: KeyObject): void {
    const known = this.#byEmail.get(clientEmail)
    if (known === undefined) {
      this.#byEmail.set(clientEmail, { projectId, clientEmail, keys: [{ id, publicKey }] })
    } else if (known.projectId === projectId) {
      known.keys.push({ id, publicKey })
    } else {
      throw new ControlError(409, `${clientEmail} belongs to the project ${known.projectId}`)
    }
  }
}

const generateKeys = promisify(generateKeyPair)

/** What Google's service accounts sign with. */
const RSA_MODULUS_BITS = 2048
/** Google's rule for project ids, which become part of URLs. */
const PROJECT_ID = /^[a-z0-9][a-z0-9.:-]{2,61}[a-z0-9]$/

/** `POST /fcm/service-accounts {project_id, client_email?, public_key?}` → the JSON file that Google's console gives. */
export function serviceAccountRoute(accounts: ServiceAccounts): ControlRoute {
  return {
    method: 'POST',
    path: '/fcm/service-accounts',
    handle: async ({ body }) => ({ status: 201, body: await makeServiceAccount(accounts, body) }),
  }
}

async function makeServiceAccount(accounts: ServiceAccounts, body: ControlRequest['body']) {
  const projectId = requireText(body, 'project_id')
  if (!PROJECT_ID.test(projectId)) throw new ControlError(400, `"project_id" must match ${PROJECT_ID.source}`)
  const clientEmail = optionalText(body, 'client_email') ?? `firebase-adminsdk@${projectId}.iam.gserviceaccount.com`
  const publicPem = optionalText(body, 'public_key')
  const keys = publicPem === undefined ? await generateKeys('rsa', { modulusLength: RSA_MODULUS_BITS }) : null
  const privateKeyId = randomBytes(20).toString('hex')
  accounts.addKey(projectId, clientEmail, privateKeyId, keys?.publicKey ?? parsePublicKey(publicPem!))
  return {
    type: 'service_account',
    project_id: projectId,
    private_key_id: privateKeyId,
    ...(keys !== null && { private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
    client_email: clientEmail,
    client_id: String(randomBytes(6).readUIntBE(0, 6)).padStart(21, '1'),
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(clientEmail)}`,
    universe_domain: 'googleapis.com',
  }
}

function parsePublicKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch (error) {
    throw new ControlError(400, `"public_key" is not a PEM key: ${error instanceof Error ? error.message : error}`)
  }
  if (key.asymmetricKeyType !== 'rsa') throw new ControlError(400, '"public_key" must be an RSA key')
  return key
}
