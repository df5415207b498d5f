/**
 * What a link to leave a topic may still do, and doing it. It speaks of the subscription that its push went out by: one
 * that began after the link was made is somebody's later decision, and stays.
 */
import {
  isGenuine,
  JOINED_BEFORE_TOLERANCE_MS,
  readUnsubscribeLink,
  UNSUBSCRIBE_LIFE_MS,
  type Unsubscription,
} from '../../push/unsubscribe-link.ts'
import { readDevices } from '../../schema/d1/devices.ts'
import { membershipOf, removeMembershipUpTo } from '../../schema/d1/topics.ts'
import { databaseOf } from '../../schema/databases.ts'
import { acceptedLinkKeys } from '../message-keys.ts'
import { recallApp } from './known-apps.ts'
import { carryToTopic } from './memberships.ts'
import type { LinkState } from './unsubscribe-page.ts'

export interface LinkAnswer {
  readonly state: LinkState
  /** Null: nothing that the link says is believed. */
  readonly topic: string | null
}

/** What following the link would do; changes nothing, because previews of messages follow links too. */
export async function lookAtLink(env: Env, link: string, now: number): Promise<LinkAnswer> {
  const said = await readGenuine(env, link, now)
  if (said === null) return { state: 'unknown', topic: null }
  const { topic } = said
  if (isExpired(said, now)) return { state: 'expired', topic }
  const membership = await membershipOf(databaseOf(env, said.appId), said.appId, topic, said.deviceId)
  if (membership === null) return { state: 'left', topic }
  return { state: (membership.joinedAt ?? 0) <= endsUpTo(said) ? 'subscribed' : 'joined_since', topic }
}

/** Ends the subscription that the link is about. May be repeated, and mends what an interrupted call left behind. */
export async function followLink(env: Env, link: string, now: number): Promise<LinkAnswer> {
  const said = await readGenuine(env, link, now)
  if (said === null) return { state: 'unknown', topic: null }
  const { appId, deviceId, topic } = said
  if (isExpired(said, now)) return { state: 'expired', topic }
  const db = databaseOf(env, appId)
  await removeMembershipUpTo(db, appId, topic, deviceId, endsUpTo(said))
  if ((await membershipOf(db, appId, topic, deviceId)) !== null) return { state: 'joined_since', topic }
  await carryToTopic(env, appId, topic, await readDevices(db, appId, [deviceId]), false)
  return { state: 'left', topic }
}

/** What the link says, if the app it names is there and made it. */
async function readGenuine(env: Env, link: string, now: number): Promise<Unsubscription | null> {
  const read = readUnsubscribeLink(link)
  if (read === null) return null
  const { said, mac } = read
  const { appId } = said
  if ((await recallApp(env, appId, now)) === null) return null
  return (await isGenuine(await acceptedLinkKeys(env, { appId, now }), said, mac)) ? said : null
}

function isExpired({ madeAt }: Unsubscription, now: number): boolean {
  return madeAt + UNSUBSCRIBE_LIFE_MS <= now
}

/** Epoch ms: subscriptions that began later are not the link's. */
function endsUpTo({ madeAt }: Unsubscription): number {
  return madeAt + JOINED_BEFORE_TOLERANCE_MS
}
