/** How drizzle-kit generates the migrations of a Notification's tables (`npm run migrations`). */
import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'sqlite',
  driver: 'durable-sqlite',
  schema: './schema/notification/tables.ts',
  out: './schema/migrations/notification',
})
