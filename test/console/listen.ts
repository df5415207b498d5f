/** Before each test file: whatever is said on the console from now on is read, and a secret fails the test that ran. */
import { afterAll, afterEach } from 'vitest'
import { watchKeys } from './keys.ts'
import { expectNothingOverheard, METHODS, overhear } from './overheard.ts'

watchKeys(crypto.subtle)

for (const method of METHODS) {
  const say = console[method].bind(console)
  console[method] = (...words: unknown[]) => {
    overhear(method, words)
    say(...words)
  }
}

afterEach(expectNothingOverheard)
// What was said outside of tests, and by what outlived them.
afterAll(expectNothingOverheard)
