/**
 * A whole topic as a machine without a platform: shards, a directory, callers with old directories, sends, messages that
 * come late or twice, and a crash wherever a step waits for somebody. The decisions are those of the shards; only rows and
 * calls are played.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as life from './notification-life.ts'
import * as directory from './shard-directory.ts'
import * as split from './shard-split.ts'

const SLOTS = 16
const DEVICES = 24
const PAGE = 2
const slotOfDevice = (device: number) => (device * 7) % SLOTS
const EVERYTHING = { fromSlot: 0, toSlot: SLOTS }

interface Shard {
  ownership: split.Ownership
  /** Device to version of its address. */
  rows: Map<number, number>
  log: number[]
  /** By notification: the devices that its fan-out has here. */
  fanouts: Map<number, number[]>
}

interface Transfer {
  to: number
  from: number
  number: number
  rows: [number, number | undefined][]
}

class World {
  readonly truth = new Map<number, number>()
  readonly sends: { notification: life.NotificationLife; certain: Set<number>; possible: Set<number> }[] = []
  private topic: directory.ShardDirectory = {
    ...directory.FIRST_DIRECTORY,
    ranges: [{ shard: 0, ...EVERYTHING }],
  }
  private readonly pasts = [this.topic.ranges]
  private readonly shards = new Map<number, Shard>([[0, this.fresh(split.ownerOfRange(EVERYTHING))]])
  private readonly late: Transfer[] = []
  private readonly messages: { send: number; piece: directory.Piece }[] = []
  private version = 0

  /** @param past how old a directory the caller has */
  change(device: number, joins: boolean, past: number): void {
    const version = joins ? ++this.version : undefined
    const slot = slotOfDevice(device)
    for (let ranges = this.past(past); ; ranges = this.topic.ranges) {
      const shard = this.shard(directory.ownerOf(ranges, slot).shard)
      if (this.finishClosing(shard, (ownership) => split.standingOfSlots(ownership, [slot])) === 'moved') continue
      if (split.isLogged(shard.ownership, slot)) shard.log.push(device)
      put(shard.rows, device, version)
      break
    }
    put(this.truth, device, version)
    for (const send of this.sends) {
      send.certain.delete(device)
      send.possible.add(device)
    }
  }

  count(past: number): number {
    for (let ranges = this.past(past); ; ranges = this.topic.ranges) {
      const counts = ranges.map((range) => {
        const shard = this.shard(range.shard)
        const standing = this.finishClosing(shard, (ownership) => split.standingOfRange(ownership, range))
        const { ownership } = shard
        if (standing === 'moved' || ownership.kind !== 'owner') return null
        return directory.isSameRange(ownership.range, range) ? this.owned(shard).length : null
      })
      if (!counts.includes(null)) return counts.reduce<number>((all, count) => all + count!, 0)
    }
  }

  begin(index: number, at: number): void {
    const number = index % this.shards.size
    const shard = this.shards.get(number)
    if (shard?.ownership.kind !== 'owner' || shard.ownership.split) return
    const begun = directory.beginSplit(this.topic, number, at)
    this.topic = begun.directory
    if (begun.split) shard.ownership = split.startSplit(shard.ownership, begun.split)
  }

  /** @param crash dies after so many things that it waits for; what it sent then may still arrive, now or late */
  step(index: number, crash: number, arrivesLate: boolean): void {
    const number = index % this.shards.size
    const shard = this.shards.get(number)
    if (shard?.ownership.kind === 'owner' && shard.ownership.split) this.take(number, shard, crash, arrivesLate)
  }

  arrive(index: number): void {
    const transfer = this.late[index % Math.max(1, this.late.length)]
    if (transfer) this.receive(transfer)
  }

  send(past: number): void {
    const index = this.sends.length
    const message = { data: {}, priority: 'normal', ttlSeconds: 60, fcm: {}, apns: {}, webpush: {} } as const
    const asked = {
      audience: { kind: 'topic', topic: 't' },
      message,
      guarantee: 'at_least_once',
      sendAt: null,
    } as const
    const begun = life.begin({ id: `${index}`, appId: 'a', send: asked as never, bodyHash: '', sentBy: null }, 0)
    const pieces = this.past(past).map(pieceOf)
    const notification = life.startShards(begun, pieces, 0)
    this.sends.push({ notification, certain: new Set(this.truth.keys()), possible: new Set() })
    for (const piece of pieces) this.messages.push({ send: index, piece })
  }

  /** A message of the queue, in any order, as often as it likes. */
  open(index: number): void {
    const message = this.messages[index % Math.max(1, this.messages.length)]
    if (!message) return
    const { send, piece } = message
    const shard = this.shard(Number(piece.shard))
    if (shard.fanouts.has(send)) return
    const standing = this.finishClosing(shard, (ownership) => split.standingOfRange(ownership, piece))
    if (standing === 'own') {
      const covered = [...shard.rows.keys()].filter((device) => directory.hasSlot(piece, slotOfDevice(device)))
      shard.fanouts.set(send, covered)
      return
    }
    const owners = directory.ownersWithin(this.topic.ranges, piece).map(pieceOf)
    const before = this.sends[send]!.notification
    const after = life.replacePiece(before, piece, owners)
    this.sends[send]!.notification = after
    if (after !== before) for (const owner of owners) this.messages.push({ send, piece: owner })
  }

  /** Everything that was begun comes to its end. */
  end(): void {
    for (const [number, shard] of this.shards) {
      while (shard.ownership.kind === 'owner' && shard.ownership.split) this.take(number, shard, 99, false)
    }
    for (let index = 0; index < this.messages.length; index++) this.open(index)
  }

  members(): [number, number][] {
    return [...this.shards.values()].flatMap((shard) => this.owned(shard))
  }

  covered(send: number): number[] {
    return [...this.shards.values()].flatMap((shard) => shard.fanouts.get(send) ?? [])
  }

  private take(number: number, shard: Shard, crash: number, arrivesLate: boolean): void {
    const owner = shard.ownership as split.Owner
    const { phase, at, copiedTo, child } = owner.split!
    if (phase === 'copying') {
      const moving = [...shard.rows.keys()]
        .filter((device) => directory.hasSlot(split.childRange(owner), slotOfDevice(device)))
        .filter((device) => copiedTo === null || key(device) > key(Number(copiedTo.deviceId)))
        .sort((a, b) => key(a) - key(b))
        .slice(0, PAGE)
      if (!this.transfer(number, shard, moving, crash, arrivesLate)) return
      const last = moving.length < PAGE ? null : moving.at(-1)!
      const place = last === null ? null : { platform: 'fcm' as const, slot: slotOfDevice(last), deviceId: `${last}` }
      shard.ownership = split.enterPage(shard.ownership as split.Owner, place)
      return
    }
    const entries = shard.log.slice(0, PAGE)
    if (phase === 'following' && entries.length < PAGE) {
      shard.ownership = split.close(owner)
    } else if (entries.length > 0) {
      if (this.transfer(number, shard, entries, crash, arrivesLate)) shard.log.splice(0, entries.length)
    } else {
      const receiver = this.shard(child)
      for (const moved of receiver.rows.keys()) {
        expect(directory.hasSlot(split.childRange(owner), slotOfDevice(moved))).toBe(true)
      }
      receiver.ownership = split.activate(receiver.ownership, split.childRange(owner))
      if (crash === 0) return
      this.topic = directory.commitSplit(this.topic, number, child)
      this.pasts.push(this.topic.ranges)
      if (crash === 1) return
      shard.ownership = split.shrink(owner)
      expect(at).toBe(shard.ownership.range.toSlot)
    }
  }

  /** Answers whether it was not interrupted. */
  private transfer(from: number, shard: Shard, devices: number[], crash: number, arrivesLate: boolean): boolean {
    if (devices.length === 0) return true
    const numbered = split.numberTransfer(shard.ownership as split.Owner)
    shard.ownership = numbered
    const rows = devices.map((device): [number, number | undefined] => [device, shard.rows.get(device)])
    const transfer = { to: numbered.split.child, from, number: numbered.split.transfer, rows }
    this.late.push(transfer)
    if (!(crash === 0 && arrivesLate)) this.receive(transfer)
    return crash !== 0
  }

  private receive({ to, from, number, rows }: Transfer): void {
    const shard = this.shard(to)
    const accepted = split.acceptTransfer(shard.ownership, `${from}`, number)
    if (!accepted) return
    shard.ownership = accepted
    for (const [device, version] of rows) put(shard.rows, device, version)
  }

  /** Lends a hand, as every caller does. */
  private finishClosing(shard: Shard, standing: (ownership: split.Ownership) => split.Standing): 'own' | 'moved' {
    for (;;) {
      const now = standing(shard.ownership)
      if (now !== 'closing') return now
      const [number] = [...this.shards].find(([, known]) => known === shard)!
      this.take(number, shard, 99, false)
    }
  }

  private owned({ ownership, rows }: Shard): [number, number][] {
    if (ownership.kind !== 'owner') return []
    return [...rows].filter(([device]) => directory.hasSlot(ownership.range, slotOfDevice(device)))
  }

  private past(index: number): readonly directory.ShardRange[] {
    return this.pasts[index % this.pasts.length]!
  }

  private shard(number: number): Shard {
    const known = this.shards.get(number) ?? this.fresh(split.NEW_SHARD)
    this.shards.set(number, known)
    return known
  }

  private fresh(ownership: split.Ownership): Shard {
    return { ownership, rows: new Map(), log: [], fanouts: new Map() }
  }
}

const key = (device: number) => slotOfDevice(device) * DEVICES + device

const pieceOf = ({ shard, fromSlot, toSlot }: directory.ShardRange) => ({ shard: `${shard}`, fromSlot, toSlot })

function put(rows: Map<number, number>, device: number, version: number | undefined): void {
  if (version === undefined) rows.delete(device)
  else rows.set(device, version)
}

const small = fc.nat({ max: 9 })
const device = fc.nat({ max: DEVICES - 1 })
const command = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('join'), device, small) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('leave'), device, small) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('begin'), small, fc.nat({ max: SLOTS })) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('step'), small, fc.nat({ max: 5 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('arrive'), fc.nat({ max: 99 }), small) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('count'), small, small) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('send'), small, small) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('open'), fc.nat({ max: 99 }), small) },
)

function play(world: World, [verb, a, b]: [string, number, number]): void {
  if (verb === 'join') world.change(a, true, b)
  else if (verb === 'leave') world.change(a, false, b)
  else if (verb === 'begin') world.begin(a, b)
  else if (verb === 'step') world.step(a, b >> 1, b % 2 === 1)
  else if (verb === 'arrive') world.arrive(a)
  else if (verb === 'send') world.send(a)
  else if (verb === 'open') world.open(a)
  else expect(world.count(a)).toBe(world.truth.size)
}

it('loses, doubles and miscounts nobody, and covers everybody once with each send', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200, size: 'max' }), (commands) => {
      const world = new World()
      for (const one of commands) play(world, one)
      world.end()
      expect(world.count(0)).toBe(world.truth.size)
      expect(world.members().sort(([a], [b]) => a - b)).toEqual([...world.truth].sort(([a], [b]) => a - b))
      for (const [index, { certain, possible }] of world.sends.entries()) {
        const covered = world.covered(index)
        expect(new Set(covered).size).toBe(covered.length)
        for (const member of certain) expect(covered).toContain(member)
        for (const member of covered) expect(certain.has(member) || possible.has(member)).toBe(true)
      }
    }),
    { numRuns: 150 },
  )
})
