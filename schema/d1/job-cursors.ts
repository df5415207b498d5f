/**
 * Where jobs that walk through a table in bounded steps have got to, one row a job. Kept in the database that is walked
 * through, so that a job that is interrupted goes on where it was.
 */
import { eq } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { drizzle } from './drizzle.ts'

/** `WITHOUT ROWID` (see the migration). */
export const jobCursorTable = sqliteTable('job_cursor', {
  job: text('job').primaryKey(),
  /** Epoch ms at which this walk began. */
  startedAt: integer('started_at').notNull(),
  /** The key of the last row that is done, as a JSON list; null: the walk is over. */
  after: text('after', { mode: 'json' }).$type<readonly string[]>(),
  /** Epoch ms of the last step. */
  steppedAt: integer('stepped_at').notNull(),
})

export type JobCursor = Omit<typeof jobCursorTable.$inferSelect, 'job'>

/** Null: the job never ran. */
export async function readJobCursor(db: D1Database, job: string): Promise<JobCursor | null> {
  const [row] = await drizzle(db).select().from(jobCursorTable).where(eq(jobCursorTable.job, job))
  return row ?? null
}

export async function writeJobCursor(db: D1Database, job: string, cursor: JobCursor): Promise<void> {
  await drizzle(db)
    .insert(jobCursorTable)
    .values({ job, ...cursor })
    .onConflictDoUpdate({ target: jobCursorTable.job, set: cursor })
}

export async function deleteJobCursor(db: D1Database, job: string): Promise<void> {
  await drizzle(db).delete(jobCursorTable).where(eq(jobCursorTable.job, job))
}
