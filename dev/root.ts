/** Where this repository is. Commands work from any directory. */
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')
