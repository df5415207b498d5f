/** `npm run licences`: writes docs/licences.md from the lock file. */
import { writeLicences } from './licences.ts'

await writeLicences()
