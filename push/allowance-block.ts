/**
 * Rate limits that are exact and yet cost a busy caller few calls: a counter that knows everything hands out blocks of
 * allowance, and an isolate spends its block request by request. Both sides' arithmetic. Pure: the clock is an argument;
 * who asks whom is decided elsewhere.
 *
 * All that is granted in a window is at most the limit, whoever asks and in whatever order. What an isolate does not
 * spend of its block is lost with the window.
 */
import { periodAt } from './limit-window.ts'

/** Short enough that who was refused is soon back; one of the two that the platform's own binding knows. */
export const LIMIT_WINDOW_MS = 10_000

/** What an isolate asks for first: most callers need no second block. */
const FIRST_BLOCK = 16
/** Nobody gets more than this part of what is left, so that a single isolate does not hold what others need. */
const LARGEST_PART = 1 / 4

/** What was granted in the present window, to all that an app's limit is about together and to each subject: a key, the tokens, registrations. */
export interface GrantedWindow {
  /** Epoch ms. */
  readonly startsAt: number
  readonly all: number
  readonly bySubject: Readonly<Record<string, number>>
}

export interface BlockAsk {
  readonly subject: string
  /** Requests a window; null: no limit. */
  readonly subjectLimit: number | null
  /** Of all subjects together; null: it neither counts for such a limit nor is held to one. */
  readonly appLimit: number | null
  readonly wanted: number
}

export interface BlockGrant {
  /** 0: there is nothing left of what `exhausted` says. */
  readonly granted: number
  /** The limit that is nearest, and what is left of it for others and for later. */
  readonly limit: number
  readonly remaining: number
  /** Until the window ends. */
  readonly resetMs: number
  readonly exhausted: 'subject' | 'app' | null
}

/** The counter's side. @param kept null: nothing was granted yet */
export function grantBlock(
  kept: GrantedWindow | null,
  ask: BlockAsk,
  now: number,
): { readonly window: GrantedWindow; readonly grant: BlockGrant } {
  const { startsAt, isNew } = periodAt(kept?.startsAt ?? null, LIMIT_WINDOW_MS, now)
  const before = kept === null || isNew ? { all: 0, bySubject: {} as Record<string, number> } : kept
  const own = Object.hasOwn(before.bySubject, ask.subject) ? before.bySubject[ask.subject]! : 0
  const left = {
    subject: Math.max(0, (ask.subjectLimit ?? Number.POSITIVE_INFINITY) - own),
    app: Math.max(0, (ask.appLimit ?? Number.POSITIVE_INFINITY) - before.all),
  }
  const nearest = left.app < left.subject ? 'app' : 'subject'
  const granted = Math.min(ask.wanted, Math.ceil(left[nearest] * LARGEST_PART))
  const window = {
    startsAt,
    all: before.all + (ask.appLimit === null ? 0 : granted),
    bySubject: { ...before.bySubject, [ask.subject]: own + granted },
  }
  const grant: BlockGrant = {
    granted,
    limit: (nearest === 'app' ? ask.appLimit : ask.subjectLimit) ?? 0,
    remaining: left[nearest] - granted,
    resetMs: Math.max(1, startsAt + LIMIT_WINDOW_MS - now),
    exhausted: granted === 0 ? nearest : null,
  }
  return { window, grant }
}

/** The isolate's side: what it may still spend, and what it knows besides. */
export interface HeldBlock {
  readonly left: number
  /** Of this window, in all blocks that this isolate had. */
  readonly spent: number
  /** Epoch ms between which it is good: by this isolate's own clock, counted from before it asked. */
  readonly fromAt: number
  readonly untilAt: number
  readonly grant: BlockGrant
}

/**
 * A block as it was granted, with what is left of the one before: another request may have asked at the same time.
 *
 * @param askedAt epoch ms before the question, so that a slow answer makes the block end early, never late
 */
export function holdBlock(before: HeldBlock | undefined, grant: BlockGrant, askedAt: number): HeldBlock {
  const same = before !== undefined && isCurrent(before, askedAt) ? before : null
  const untilAt = Math.min(askedAt + grant.resetMs, same?.untilAt ?? Number.POSITIVE_INFINITY)
  return { left: (same?.left ?? 0) + grant.granted, spent: same?.spent ?? 0, fromAt: askedAt, untilAt, grant }
}

/** Whether it is about the window that counts now; one that lies ahead was held before the clock was set back. */
export function isCurrent(block: HeldBlock, now: number): boolean {
  return block.fromAt <= now && now < block.untilAt
}

/** Spends one request. @param block with something left */
export function spendOne(block: HeldBlock): HeldBlock {
  return { ...block, left: block.left - 1, spent: block.spent + 1 }
}

/** How much to ask for: as much again in a window in which it was not enough, what the last window took in a new one. */
export function wantedNext(block: HeldBlock | undefined): number {
  return Math.max(FIRST_BLOCK, block?.spent ?? 0)
}
