import { once } from 'node:events'
import { it } from 'vitest'
import { startFixture } from './fixtures/start-fixture.ts'

it('ends what we started when we are killed without a chance to clean up', async () => {
  const fixture = await startFixture('guarded-sleeper.ts')
  fixture.kill('SIGKILL')
  await once(fixture, 'close')
})
