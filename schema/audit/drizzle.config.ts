/** How drizzle-kit generates the migrations of an AuditLog's tables (`npm run migrations`). */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  driver: 'durable-sqlite',
  schema: './schema/audit/tables.ts',
  out: './schema/migrations/audit',
})
