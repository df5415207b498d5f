/** Apps whose device keys are older than secrets: they have devices, and no secret that their keys are made with. */
import { sql } from 'drizzle-orm'
import { drizzle } from './drizzle.ts'

/**
 * Some of them, in order. Steps from app to app in the index of devices, so it costs a row for each app and not for each
 * device.
 *
 * @param after an app's id, or ''
 */
export async function listAppsWithoutDeviceSecret(db: D1Database, after: string, limit: number): Promise<string[]> {
  const rows = await drizzle(db).all<{ id: string }>(sql`
    with recursive app_of_device (id) as (
      select min(app_id) from device where app_id > ${after}
      union all
      select (select min(app_id) from device where app_id > app_of_device.id) from app_of_device where id is not null
    )
    select id from app_of_device where id is not null and not exists (
      select 1 from app_secret where app_secret.app_id = app_of_device.id and app_secret.use = 'device_keys')
    limit ${limit}`)
  return rows.map(({ id }) => id)
}
