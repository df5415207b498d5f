/**
 * What an act is about, from the path of its request: a parameter that has the shape of what the call names. Anything
 * else may be anything, such as a key that somebody pasted in place of its id, and the log keeps what it is given. Pure.
 */
import { APP_SECRET_USES } from '../../push/app-secret.ts'
import { PLATFORMS } from '../../push/device.ts'
import { isId } from '../../push/ids.ts'
import { isRoleName } from '../../push/roles.ts'
import { isTopicName } from '../../push/topic-name.ts'

interface Kind {
  /** The path parameter that names it. */
  readonly param: string
  readonly isOne: (text: string) => boolean
}

const KINDS = {
  app: { param: 'app', isOne: (text) => isId('app', text) },
  key: { param: 'id', isOne: (text) => isId('key', text) },
  role: { param: 'role', isOne: isRoleName },
  platform: { param: 'platform', isOne: (text) => isAmong(PLATFORMS, text) },
  use: { param: 'use', isOne: (text) => isAmong(APP_SECRET_USES, text) },
  webhook: { param: 'id', isOne: (text) => isId('wh', text) },
  webhookDelivery: { param: 'delivery', isOne: (text) => isId('whd', text) },
  device: { param: 'id', isOne: (text) => isId('dev', text) },
  topic: { param: 'topic', isOne: isTopicName },
  notification: { param: 'id', isOne: (text) => isId('ntf', text) },
} as const satisfies Readonly<Record<string, Kind>>

export type AuditTarget = keyof typeof KINDS

/** Null: there is none, or it is no such thing. @param paramOf a path parameter by its name, decoded */
export function targetOf(target: AuditTarget, paramOf: (name: string) => string | undefined): string | null {
  const { param, isOne }: Kind = KINDS[target]
  const text = paramOf(param)
  return text !== undefined && isOne(text) ? text : null
}

function isAmong(names: readonly string[], text: string): boolean {
  return names.includes(text)
}
