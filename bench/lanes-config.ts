/** A configuration with more lanes, made as an operator makes one: by adding queues to wrangler.toml. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from '../dev/root.ts'

/** One queue has one batch in flight here, so lanes are what invocations are on Cloudflare. */
const SERVICES = ['fcm', 'apns', 'webpush'] as const

/** Writes a wrangler.toml with so many ordinary lanes a push service into a directory. Gives its path. */
export async function writeLanesConfig(directory: string, lanes: number): Promise<string> {
  const path = join(directory, 'wrangler.toml')
  await writeFile(path, withLanes(await readFile(join(ROOT, 'wrangler.toml'), 'utf8'), lanes, ROOT))
  return path
}

/**
 * Pure. @param toml of the repository, with one lane a service
 * @param root where its relative paths begin
 * @throws when a service has no lane to copy
 */
export function withLanes(toml: string, lanes: number, root: string): string {
  const more = Array.from({ length: lanes - 1 }, (_, index) =>
    SERVICES.map((service) => lane(toml, service, index + 2)),
  )
  const rooted = toml.replace(/^main = "(.*)"$/m, (_, main: string) => `main = "${join(root, main)}"`)
  return [rooted, ...more.flat()].join('\n')
}

/** Like the service's first lane in everything but the name. */
function lane(toml: string, service: string, number: number): string {
  const queue = `deliver-${service}`
  const consumer = toml.split('\n\n').find((block) => block.startsWith(`[[queues.consumers]]\nqueue = "${queue}"\n`))
  if (consumer === undefined) throw new Error(`wrangler.toml has no consumer of ${queue}`)
  return `
[[queues.producers]]
binding = "DELIVER_${service.toUpperCase()}_${number}"
queue = "${queue}-${number}"

${consumer.replace(`"${queue}"`, `"${queue}-${number}"`)}
`
}
