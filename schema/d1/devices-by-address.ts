/** Finding known devices by what they register with. Reads only. */
import { and, eq, getTableColumns } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import { type Device, type DeviceRow, deviceOf, deviceTable } from './device-table.ts'
import { cutRows, isListed, listed } from './json-list.ts'

/** The devices with these addresses, retired ones too, by address hash; unknown addresses are missing. */
export async function readDevicesByAddress(
  db: D1Database,
  appId: string,
  addressHashes: readonly string[],
): Promise<Map<string, Device>> {
  const found = new Map<string, Device>()
  for (const hashes of cutRows(addressHashes)) {
    for (const row of await readRowsByAddress(db, appId, hashes)) found.set(row.addressHash, deviceOf(row))
  }
  return found
}

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
