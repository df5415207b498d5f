/**
 * Who was in the air when the platform was killed, as its ledgers on disk say: leased by the life that ended, and not
 * settled. This is the most that may arrive twice, or is in doubt. Reads copies of the objects' databases.
 */
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

interface LeasedTicket {
  readonly notification_id: string
  readonly number: number
  readonly platform: string
  readonly from_slot: number
  readonly from_device: string
  readonly to_slot: number
  readonly to_device: string
  readonly done: Uint8Array
  readonly leased_at: number
  readonly opened_seq: number
}

/**
 * @param persistTo state of a platform that does not run
 * @param since epoch ms: older leases were interrupted by an earlier kill
 * @returns user ids
 */
export async function readInTheAir(persistTo: string, notificationId: string, since: number): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'fanfare-crash-'))
  try {
    const users: string[] = []
    for (const file of await copyShards(join(persistTo, 'v3', 'do'), directory)) {
      users.push(...readShard(file, notificationId, since))
    }
    return users
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** With their write-ahead logs: what was committed last is nowhere else yet. */
async function copyShards(from: string, to: string): Promise<string[]> {
  const names = await readdir(from, { recursive: true })
  const ofShards = names.filter((name) => /SubscriberShard\/[0-9a-f]+\.sqlite(-wal)?$/.test(name))
  const copyOf = (name: string) => join(to, name.split('/').at(-1)!)
  await Promise.all(ofShards.map((name) => copyFile(join(from, name), copyOf(name))))
  return ofShards.filter((name) => name.endsWith('.sqlite')).map(copyOf)
}

function readShard(file: string, notificationId: string, since: number): string[] {
  const database = new DatabaseSync(file)
  try {
    if (database.prepare("select 1 from sqlite_master where name = 'ticket'").get() === undefined) return []
    const leased = database
      .prepare(
        `select ticket.*, opened_seq from ticket join fanout using (notification_id)
         where notification_id = ? and lease_id is not null and leased_at >= ?`,
      )
      .all(notificationId, since) as unknown as LeasedTicket[]
    return leased.flatMap((ticket) => readUnsettled(database, ticket))
  } finally {
    database.close()
  }
}

function readUnsettled(database: DatabaseSync, ticket: LeasedTicket): string[] {
  const members = database
    .prepare(
      `select user_id from member
       where platform = ?1 and (slot, device_id) > (?2, ?3) and (slot, device_id) <= (?4, ?5)
         and joined_seq <= ?6 and (left_seq is null or left_seq > ?6)
       order by slot, device_id`,
    )
    .all(
      ticket.platform,
      ticket.from_slot,
      ticket.from_device,
      ticket.to_slot,
      ticket.to_device,
      ticket.opened_seq,
    ) as unknown as { user_id: string }[]
  const waiting = new Set(
    database
      .prepare('select ordinal from exception where notification_id = ? and ticket = ? and retry_at > ?')
      .all(ticket.notification_id, ticket.number, ticket.leased_at)
      .map(({ ordinal }) => ordinal),
  )
  const isSettled = (ordinal: number) => ((ticket.done[ordinal >> 3] ?? 0) & (1 << (ordinal & 7))) !== 0
  return members.filter((_, ordinal) => !isSettled(ordinal) && !waiting.has(ordinal)).map(({ user_id }) => user_id)
}
