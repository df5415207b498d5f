/** `npm test`: every test that needs no browser. Arguments go to vitest (`npm test -- dev/flags`). */
import { runVitest } from './vitest.ts'

process.exit(await runVitest(process.argv.slice(2)))
