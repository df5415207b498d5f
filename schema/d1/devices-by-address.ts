/** Finding known devices by what they register with. Reads only. */
import { and, eq, getTableColumns } from 'drizzle-orm'
import { type DeviceRow, deviceTable } from './device-table.ts'
import { drizzle } from './drizzle.ts'
import { isListed, listed } from './json-list.ts'

/** The rows with these addresses: one list that {@link cutRows} cut. */
export async function readRowsByAddress(
  db: D1Database,
  appId: string,
  addressHashes: readonly string[],
): Promise<DeviceRow[]> {
  return drizzle(db)
    .select(getTableColumns(deviceTable))
    .from(listed(addressHashes))
    .crossJoin(deviceTable)
    .where(and(eq(deviceTable.appId, appId), isListed(deviceTable.addressHash)))
}
