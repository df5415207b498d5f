/**
 * Whether push services call more devices dead than is normal for a credential. A wrong environment, another team's
 * key or an incident at the service looks exactly like a million uninstalled apps; while the share is abnormal, devices
 * are quarantined instead of retired. Pure; one credential.
 */

export interface DeadRateState {
  readonly window: Window
  readonly lastWindow: Window
  /** Share of dead addresses that is normal here, from 0 to 1; null: not learned yet. */
  readonly normalShare: number | null
  readonly abnormal: boolean
}

interface Window {
  readonly startedAt: number
  readonly answers: number
  readonly dead: number
}

/** This window and the one before speak: ten minutes. */
const WINDOW_MS = 5 * 60_000
/** Fewer answers are chance. */
const LEAST_ANSWERS = 200
/** A topic that nobody was sent to for a year has lost a fifth; a healthy one a per cent or two. */
const ABNORMAL_SHARE = 0.2
/** An app whose addresses die often is used to it. */
const ABNORMAL_TIMES_NORMAL = 5
/** The alarm ends at half of what set it off, so that it does not come and go. */
const CALM = 0.5
/** How much one window tells about what is normal. */
const LEARNING = 0.2

const NOTHING: Window = { startedAt: 0, answers: 0, dead: 0 }
/** Nothing is known yet. */
export const UNKNOWN_DEAD_RATE: DeadRateState = {
  window: NOTHING,
  lastWindow: NOTHING,
  normalShare: null,
  abnormal: false,
}

/** Enters how many pushes were accepted and how many addresses were called dead. @param now epoch ms */
export function enterDeaths(state: DeadRateState, accepted: number, dead: number, now: number): DeadRateState {
  if (accepted + dead === 0) return state
  const moved = now - state.window.startedAt < WINDOW_MS ? state : nextWindow(state, now)
  const { window, lastWindow, normalShare, abnormal } = moved
  const grown = { ...window, answers: window.answers + accepted + dead, dead: window.dead + dead }
  const answers = grown.answers + lastWindow.answers
  const next = { ...moved, window: grown }
  if (answers < LEAST_ANSWERS) return next
  const share = (grown.dead + lastWindow.dead) / answers
  const limit = abnormalShare(normalShare)
  return { ...next, abnormal: share > (abnormal ? limit * CALM : limit) }
}

/** The share above which deaths are abnormal. */
export function abnormalShare(normalShare: number | null): number {
  return Math.max(ABNORMAL_SHARE, ABNORMAL_TIMES_NORMAL * (normalShare ?? 0))
}

/** Whether devices are to be quarantined now. An alarm that nothing has confirmed for two windows is over. */
export function isAbnormal({ window, lastWindow, abnormal }: DeadRateState, now: number): boolean {
  return abnormal && (now - window.startedAt < 2 * WINDOW_MS || now - lastWindow.startedAt < 3 * WINDOW_MS)
}

/** The clock was set back by so much: everything that was noted happened that much earlier. */
export function moveDeathsBack(state: DeadRateState, byMs: number): DeadRateState {
  const { window, lastWindow } = state
  return {
    ...state,
    window: { ...window, startedAt: window.startedAt - byMs },
    lastWindow: { ...lastWindow, startedAt: lastWindow.startedAt - byMs },
  }
}

/** What is normal is learned from windows that were. */
function nextWindow({ window, lastWindow, normalShare, abnormal }: DeadRateState, now: number): DeadRateState {
  const follows = now - window.startedAt < 2 * WINDOW_MS
  const share = window.answers < LEAST_ANSWERS || abnormal ? null : window.dead / window.answers
  return {
    window: { startedAt: now, answers: 0, dead: 0 },
    lastWindow: follows ? window : NOTHING,
    normalShare: share === null ? normalShare : (normalShare ?? share) * (1 - LEARNING) + share * LEARNING,
    abnormal: isAbnormal({ window, lastWindow, normalShare, abnormal }, now),
  }
}
