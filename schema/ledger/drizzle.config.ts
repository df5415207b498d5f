/** How drizzle-kit generates the migrations of a ledger's tables (`npm run migrations`). */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  driver: 'durable-sqlite',
  schema: './schema/ledger/tables.ts',
  out: './schema/migrations/ledger',
})
