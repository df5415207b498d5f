/**
 * Where the crash test plays: one state on disk, the platform on it that is started and killed again and again, and the
 * app whose topic everybody is in. Sequences only.
 */
import { join } from 'node:path'
import { type ApiClient, apiClient } from '../../dev/api-client.ts'
import { fail } from '../../dev/command.ts'
import { makeApp } from '../../dev/demo/app.ts'
import { type PlatformProcess, startPlatformProcess } from '../witness/platform-process.ts'
import type { Witness } from '../witness/simulators.ts'
import { type WayOut, witnessVars } from '../witness/vars.ts'
import { readInTheAir } from './in-the-air.ts'

/**
 * How long a ticket of a dead consumer waits. Short, because every kill costs it; renewed every three quarters of a
 * second, which a busy machine keeps.
 */
const LEASE_SECONDS = '3'
/** The schedule at a hundredth of itself: Apple's fifteen minutes are nine seconds. */
const RETRY_BASE_SECONDS = '0.1'
/**
 * Tickets that an invocation has in the egress. Few, so that a kill meets a part of the fan-out and not all of it: six
 * for each of three services would be 9,000 recipients.
 */
const EGRESS_TICKETS = '2'
const TIMES = { LEASE_SECONDS, RETRY_BASE_SECONDS }
const ROOT_KEY = 'root-key-of-the-crash-test'

export class Stage {
  readonly witness: Witness
  readonly #directory: string
  #platform: PlatformProcess | null = null
  #key = ''
  #wayOut: WayOut = 'egress'
  #startedAt = 0
  #mostMembers = ''

  /** @param directory for the state and the log */
  constructor(witness: Witness, directory: string) {
    this.witness = witness
    this.#directory = directory
  }

  /** The API of the platform that runs now, with an admin key of the app. @throws while none runs */
  get api(): ApiClient {
    if (this.#platform === null) throw new Error('the platform does not run')
    return apiClient(this.#platform.url, this.#key)
  }

  /** Makes the app. @returns the key that its Web Push subscriptions are bound to */
  async makeApp(): Promise<string> {
    const root = apiClient(this.#platform!.url, ROOT_KEY)
    const { adminKey, vapidPublicKey } = await makeApp(root, this.witness.control)
    this.#key = adminKey
    return vapidPublicKey
  }

  /**
   * Starts the platform on the state as it is, in another way than before.
   *
   * @param mostMembers of a shard: one that has more splits as soon as somebody joins
   */
  async startAnew(wayOut: WayOut, mostMembers: number): Promise<void> {
    await this.close()
    this.#wayOut = wayOut
    this.#mostMembers = String(mostMembers)
    await this.start()
  }

  /** Starts the platform on the state as it is. */
  async start(): Promise<void> {
    this.#startedAt = Date.now()
    this.#platform = await startPlatformProcess({
      persistTo: this.#state,
      vars: this.#vars(),
      caFile: this.witness.addresses.caFile,
      logFile: this.logFile,
      onLost: fail,
    })
  }

  /** Kills everything of the platform. @returns the user ids of those who were in the air */
  async kill(notificationId: string): Promise<string[]> {
    await this.close()
    return await readInTheAir(this.#state, notificationId, this.#startedAt)
  }

  async close(): Promise<void> {
    const platform = this.#platform
    this.#platform = null
    await platform?.kill()
  }

  get logFile(): string {
    return join(this.#directory, 'platform.log')
  }

  get #state(): string {
    return join(this.#directory, 'state')
  }

  #vars(): Record<string, string> {
    const { addresses } = this.witness
    const vars = { ...witnessVars(addresses, this.#wayOut), ...TIMES, ROOT_KEY, SHARD_SPLIT_MEMBERS: this.#mostMembers }
    return this.#wayOut === 'egress' ? { ...vars, DELIVERY_CONCURRENCY: EGRESS_TICKETS } : vars
  }
}
