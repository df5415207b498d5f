/**
 * `npm run migrations`: writes the next migration of D1 from the tables. A new table with a text key gets
 * `WITHOUT ROWID` by hand before it is committed: it halves the rows that are billed for a write, and drizzle
 * cannot say it.
 */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  schema: './schema/d1/*.ts',
  out: './schema/migrations/d1',
})
