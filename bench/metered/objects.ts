/** Object classes with meters: their bindings, their storage and their alarms are counted. */
import { countBindings } from './bindings.ts'
import { countStorage } from './storage.ts'
import { count } from './tally.ts'

// biome-ignore lint/suspicious/noExplicitAny: TypeScript takes a class as a mixin's base only with these parameters.
type ObjectClass = new (...args: any[]) => object

/**
 * A class that counts and otherwise is the one given.
 *
 * @param name of its binding, for the breakdown
 */
export function metered<Class extends ObjectClass>(name: string, base: Class): Class {
  class Metered extends base {
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    constructor(...[ctx, env]: any[]) {
      countStorage(ctx)
      super(ctx, countBindings(env))
    }
  }
  const alarm = (base.prototype as { alarm?: () => Promise<void> }).alarm
  if (alarm !== undefined) {
    const counted = function (this: object): Promise<void> {
      count('objectRequests', 1, `${name}.alarm`)
      return alarm.call(this)
    }
    Object.defineProperty(Metered.prototype, 'alarm', { value: counted, configurable: true, writable: true })
  }
  return Metered
}
