/**
 * One line of ordered sends: to a topic, or to a user. Small control state, kept by itty-durable. Who is next is
 * push/order-line.ts. It has no alarm: whoever waits asks again, and a question also finds out whether the one in front
 * is still there. So whatever gets lost on the way, in either direction, is made good by the next question.
 */
import { dropOverdue, enterLine, headOf, leaveLine, type OrderLine, type Place } from '../push/order-line.ts'
import { Durable, durable } from './durable.ts'
import { notificationNamed } from './stubs.ts'

/** Which line, and which send. */
export interface LinePlace {
  readonly appId: string
  /** See push/order-book.ts. */
  readonly line: string
  readonly notificationId: string
}

export interface Entering extends LinePlace {
  /** Epoch ms. */
  readonly expiresAt: number
}

export type Entered =
  | { readonly kind: 'in_line'; readonly sequence: number; readonly turn: boolean }
  /** Too many wait here. */
  | { readonly kind: 'full' }

export class Order extends Durable {
  /** See push/order-line.ts `OrderLine`. */
  last = 0
  places: readonly Place[] = []
  /** Epoch ms at which the first was last told that it is its turn, or asked by itself. */
  toldAt = 0

  /** Takes a send into the line; asked again, it answers how it stands there. */
  async enter(asked: Entering): Promise<Entered> {
    const { notificationId } = asked
    const now = Date.now()
    const { line, place } = enterLine(dropOverdue(this.line, now), asked, now)
    this.line = line
    if (!place) return { kind: 'full' }
    const askAfterMs = Number(this.state.env.LEASE_SECONDS) * 1000
    if (this.isFirst(notificationId)) this.toldAt = now
    // Or the clock has gone back.
    else if (Math.abs(now - this.toldAt) >= askAfterMs) await this.tellFirst(asked)
    return { kind: 'in_line', sequence: place.sequence, turn: this.isFirst(notificationId) }
  }

  /** The send is over in this line: the next one's turn has come. */
  async leave(left: LinePlace): Promise<void> {
    const wasFirst = this.isFirst(left.notificationId)
    this.line = leaveLine(this.line, left.notificationId)
    if (wasFirst) await this.tellFirst(left)
  }

  /** Tells the first that it is its turn. One that says that it is over leaves, and the next is told. */
  async tellFirst({ appId, line, notificationId: asking }: LinePlace): Promise<void> {
    for (let first = headOf(this.line); first !== null; first = headOf(this.line)) {
      if (first.notificationId === asking) return // It learns so from the answer.
      this.toldAt = Date.now()
      try {
        const stays = await notificationNamed(this.state.env, appId, first.notificationId).turn(line, first.sequence)
        if (stays) return
      } catch (error) {
        console.error('a turn was not heard, whoever waits asks again', { line, first, error: String(error) })
        return
      }
      this.line = leaveLine(this.line, first.notificationId)
    }
  }

  isFirst(notificationId: string): boolean {
    return headOf(this.line)?.notificationId === notificationId
  }

  private get line(): OrderLine {
    return { last: this.last, places: this.places }
  }

  private set line({ last, places }: OrderLine) {
    this.last = last
    this.places = places
  }
}

/** Enters a line, or asks how one stands in it. */
export async function askLine(env: Env, asked: Entering): Promise<Entered> {
  return await durable(env.ORDER, `${asked.appId}/${asked.line}`).enter(asked)
}

/** Leaves a line. Idempotent. */
export async function quitLine(env: Env, place: LinePlace): Promise<void> {
  await durable(env.ORDER, `${place.appId}/${place.line}`).leave(place)
}
