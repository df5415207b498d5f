/** The tables of D1 whose rows belong to apps, as the database itself says: those of tomorrow too. */
import { env } from 'cloudflare:workers'

export interface TableOfApps {
  readonly name: string
  /** Holds the app's id. */
  readonly column: string
}

/** @throws when there are fewer than there have ever been: then it does not look as it should */
export async function tablesOfApps(): Promise<TableOfApps[]> {
  const { results } = await env.DB.prepare("select name, sql from sqlite_master where type = 'table'").all()
  const tables = (results as { name: string; sql: string }[]).flatMap(({ name, sql }): TableOfApps[] => {
    if (name === 'app') return [{ name, column: 'id' }]
    return sql.includes('`app_id`') ? [{ name, column: 'app_id' }] : []
  })
  if (tables.length < 8) throw new Error(`only ${tables.length} tables of apps were found`)
  return tables
}
