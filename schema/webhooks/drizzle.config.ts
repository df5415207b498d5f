/** How drizzle-kit generates the migrations of a WebhookOutbox's tables (`npm run migrations`). */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  driver: 'durable-sqlite',
  schema: './schema/webhooks/tables.ts',
  out: './schema/migrations/webhooks',
})
