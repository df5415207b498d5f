/** `npm run docs:access`: writes docs/access.md. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderAccessPage } from './access-page.ts'
import { ROOT } from './root.ts'

writeFileSync(join(ROOT, 'docs', 'access.md'), renderAccessPage())
