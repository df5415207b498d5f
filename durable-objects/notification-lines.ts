/**
 * Where an ordered notification stands: enters its lines, keeps what they say, lets go of the tickets whose turn it
 * is, and leaves. Knows bindings and the storage of its notification; what follows from what is push/order-book.ts.
 */
import { chunksOf } from '../push/chunks.ts'
import type { NotificationLife } from '../push/notification-life.ts'
import * as order from '../push/order-book.ts'
import { slotOf } from '../push/slot.ts'
import { isFinished } from '../push/ticket.ts'
import { databaseOf } from '../schema/databases.ts'
import { type PlacedTicket, putTicket, readOpenTickets, readTicket } from '../schema/ledger/tickets.ts'
import { readDirectMembers } from './direct-audience.ts'
import { askLine, quitLine } from './order.ts'

/** Lines that are asked at the same time: the largest ordered send takes two rounds. */
const LINES_AT_ONCE = 50

type Who = Pick<NotificationLife, 'id' | 'appId' | 'expiresAt'>

export class NotificationLines {
  private readonly env: Env
  private readonly storage: DurableObjectStorage

  constructor(env: Env, storage: DurableObjectStorage) {
    this.env = env
    this.storage = storage
  }

  /** Whether it is its turn somewhere. */
  get mayStart(): boolean {
    return order.mayStart(this.book)
  }

  /** The `fanfare_seq` of its pushes in a line; null: that line has not answered. */
  sequenceIn(line: string): number | null {
    return this.book[line]?.sequence ?? null
  }

  hasTurnIn(line: string): boolean {
    return this.book[line]?.turn ?? false
  }

  /** Enters the lines that it has not entered. @returns false: too many wait in one of them */
  async enter(known: NotificationLife): Promise<boolean> {
    await this.name(known)
    return await this.ask(known, order.unheard(this.book))
  }

  /** As {@link enter}, again: a line that has no room or does not answer keeps nobody from his turn in another one. */
  async enterWhereItCan(known: NotificationLife): Promise<void> {
    await this.name(known)
    await this.askPatiently(known, order.unheard(this.book))
  }

  /** Adds the lines of slots that were not known when it entered: a device has another user by now, say. */
  async enterSlots(who: Who, slots: Iterable<number>): Promise<void> {
    this.add([...slots].map(order.slotLine))
    await this.askPatiently(who, order.unheard(this.book))
  }

  /** Asks every line in which others are before it whether they still are. */
  async askAgain(who: Who): Promise<void> {
    await this.askPatiently(who, order.waiting(this.book))
  }

  /** One that does not answer is asked again by the alarm. */
  private async askPatiently(who: Who, names: readonly string[]): Promise<void> {
    try {
      await this.ask(who, names)
    } catch (error) {
      console.error('a line did not answer, it is asked again', { id: who.id, error: String(error) })
    }
  }

  /** A line says that it is its turn. False: it is not in that line any more. */
  take(line: string, sequence: number): boolean {
    const standing = this.book[line]
    if (!standing || standing.left) return false
    this.book = order.hear(this.book, line, { sequence, turn: true })
    return true
  }

  /** Lets go of the tickets whose turn it is. They have to be enqueued. */
  letGo(notificationId: string, wakeAt: number): PlacedTicket[] {
    return this.storage.transactionSync(() => {
      const names = order.ready(this.book)
      if (names.length === 0) return []
      const open = Map.groupBy(readOpenTickets(this.storage.sql, notificationId), ({ toSlot }) =>
        order.slotLine(toSlot),
      )
      const released: PlacedTicket[] = []
      let book = this.book
      for (const name of names) {
        const tickets = open.get(name) ?? []
        for (const ticket of tickets) if (!isFinished(ticket)) putTicket(this.storage.sql, { ...ticket, wakeAt })
        released.push(...tickets.filter((ticket) => !isFinished(ticket)))
        book = order.letGo(
          book,
          name,
          tickets.map(({ number }) => number),
        )
      }
      this.book = book
      return released
    })
  }

  /** Leaves the lines in which nothing is pending any more: that of one ticket, or all. */
  async leaveFinished(who: Who, ticket: number | null): Promise<void> {
    const isDone = (number: number) => {
      const found = readTicket(this.storage.sql, who.id, number)
      return found === null || isFinished(found)
    }
    await this.leave(who, order.finished(this.book, ticket, isDone))
  }

  /** Leaves all lines. Answers false if it has to be repeated. */
  async leaveAll(who: Who): Promise<boolean> {
    return await this.leave(who, order.standingIn(this.book))
  }

  private async ask({ appId, id: notificationId, expiresAt }: Who, names: readonly string[]): Promise<boolean> {
    let hasRoom = true
    const silent: unknown[] = []
    for (const part of chunksOf(names, LINES_AT_ONCE)) {
      const answers = await Promise.allSettled(
        part.map(async (line) => ({ line, said: await askLine(this.env, { appId, line, notificationId, expiresAt }) })),
      )
      const before = this.book
      let book = before
      for (const answer of answers) {
        if (answer.status === 'rejected') silent.push(answer.reason)
        else if (answer.value.said.kind === 'full') hasRoom = false
        else book = order.hear(book, answer.value.line, answer.value.said)
      }
      // Whoever waits asks again and again, and usually hears nothing new.
      if (book !== before) this.book = book
    }
    // All were asked, and those that answered are heard.
    if (silent.length > 0) throw silent[0]
    return hasRoom
  }

  /** What is not left now is left by the next alarm. */
  private async leave({ appId, id: notificationId }: Who, names: readonly string[]): Promise<boolean> {
    try {
      for (const part of chunksOf(names, LINES_AT_ONCE)) {
        await Promise.all(part.map((line) => quitLine(this.env, { appId, line, notificationId })))
        this.book = order.leave(this.book, part)
      }
      return true
    } catch (error) {
      console.error('a line was not left, the alarm repeats it', { notificationId, error: String(error) })
      return false
    }
  }

  /** Which lines it has to enter is found out once. */
  private async name(known: NotificationLife): Promise<void> {
    if (Object.keys(this.book).length === 0) this.add(await lineNames(this.env, known))
  }

  private add(names: Iterable<string>): void {
    const known = this.book
    const added = order.addLines(known, names)
    if (added !== known) this.book = added
  }

  private get book(): order.OrderBook {
    return this.storage.kv.get<order.OrderBook>('lines') ?? {}
  }

  /** An object that was emptied meanwhile stays empty. */
  private set book(next: order.OrderBook) {
    if (Object.keys(next).length > 0) this.storage.kv.put('lines', next)
  }
}

/** The lines of a send: that of its topic, or one for each user, or device without a user, that it names. */
async function lineNames(env: Env, { appId, send }: NotificationLife): Promise<string[]> {
  const { audience } = send
  switch (audience.kind) {
    case 'topic':
      return [order.topicLine(audience.topic)]
    case 'users':
      return audience.userIds.map((userId) => order.slotLine(slotOf({ userId, deviceId: '' })))
    case 'devices': {
      const members = await readDirectMembers(databaseOf(env, appId), appId, audience)
      return members.map(({ slot }) => order.slotLine(slot))
    }
    case 'replay':
      return [] // Sent again when somebody asks for it, with the numbers that it had.
  }
}
