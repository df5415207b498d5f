/**
 * Which calls the audit log knows, one row a call: a call of access.ts that nobody has decided about does not compile.
 * Pure data; auditing.ts does what it says.
 */
import type { OperationId } from './access.ts'
import type { AuditTarget } from './audit-target.ts'

/** Changes nothing. */
type Read = 'read'
/**
 * What clients and backends do by the million, as a matter of course, in a row of its own would bury everything else and
 * make one object the bottleneck of an app. Who may do it is decided by keys, and keys are audited.
 */
type Traffic = 'traffic'
/** Noted by the notification itself, after the answer, so that nobody waits for it. */
type Sent = 'send'

/** Noted before it is done, finished with what came of it. */
export interface AuditedAct {
  /** What it is about, as the path says; left out: the handler says. */
  readonly target?: AuditTarget
  /** Noted by the operator, because what it is about has no log yet, or is gone when it is done. */
  readonly byOperator?: true
  /**
   * It goes ahead when the log does not take it, and is told afterwards: there has to be a way to stop what is going on,
   * whatever is down. Only what gives nobody anything and can be made up for: a key can be made anew, a device registers
   * again, a notification is sent again. Deletions are none of it, because what they destroy is gone; nor are quotas and
   * settings, which give as well as take.
   */
  readonly isStop?: true
  /** A device that does this for itself is traffic. */
  readonly exceptDevices?: true
}

export type Audited = Read | Traffic | Sent | AuditedAct

export const AUDITED = {
  createApp: { byOperator: true },
  getApp: 'read',
  deleteApp: { target: 'app', byOperator: true },
  getSettings: 'read',
  changeSettings: { target: 'app' },
  getQuotas: 'read',
  putQuotas: { target: 'app' },
  getAttestation: 'read',
  putAttestation: { target: 'app' },
  deleteAttestation: { target: 'app' },

  putFcmCredential: {},
  putApnsCredential: {},
  putWebPushCredential: {},
  listCredentials: 'read',
  deleteCredential: { target: 'platform' },
  // Asks a push service, and changes nothing.
  checkCredential: 'read',
  listAppSecrets: 'read',
  rotateAppSecret: { target: 'use' },
  getJwks: 'read',
  resealSecrets: { byOperator: true },

  createWebhook: {},
  listWebhooks: 'read',
  getWebhook: 'read',
  changeWebhook: { target: 'webhook' },
  deleteWebhook: { target: 'webhook' },
  rotateWebhookSecret: { target: 'webhook' },
  testWebhook: { target: 'webhook' },
  listWebhookDeliveries: 'read',
  getWebhookDelivery: 'read',
  replayWebhookDelivery: { target: 'webhookDelivery' },
  replayWebhookDeliveries: { target: 'webhook' },

  createKey: {},
  listKeys: 'read',
  revokeKey: { target: 'key', isStop: true },
  rotateKey: { target: 'key' },
  listRoles: 'read',
  getRole: 'read',
  putRole: { target: 'role' },
  deleteRole: { target: 'role' },
  // A part of the rights of a key, for an hour at most; backends mint one for each client that starts.
  createToken: 'traffic',

  registerDevice: 'traffic',
  importDevices: {},
  getDevice: 'read',
  changeDevice: { target: 'device', exceptDevices: true },
  deleteDevice: { target: 'device', exceptDevices: true },
  rotateDeviceKey: 'traffic',
  revokeDeviceKey: { target: 'device', isStop: true },

  listQuarantine: 'read',
  releaseQuarantine: {},
  confirmQuarantine: {},

  listTopics: 'read',
  getTopic: 'read',
  deleteTopic: { target: 'topic' },
  subscribe: 'traffic',
  unsubscribe: 'traffic',
  showUnsubscribePage: 'read',
  followUnsubscribeLink: 'traffic',
  changeTopicMembers: { target: 'topic' },

  sendNotification: 'send',
  getNotification: 'read',
  cancelNotification: { target: 'notification', isStop: true },
  listDeliveries: 'read',
  reportReceipts: 'traffic',

  listDeadLetters: 'read',
  replayDeadLetters: 'send',
  listStuckWork: 'read',

  listAudit: 'read',
  exportAudit: 'read',
  getAuditHead: 'read',

  getHealth: 'read',
} as const satisfies Readonly<Record<OperationId, Audited>>
