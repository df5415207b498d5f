/** The image, as far as it can be tried without Docker: what it copies is all that the egress needs. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, glob, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { unstable_readConfig } from 'wrangler'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DOCKERFILE = join(ROOT, 'egress/Dockerfile')

let directory = ''
let child: ChildProcess | null = null
afterEach(async () => {
  child?.kill('SIGKILL')
  if (directory !== '') await rm(directory, { recursive: true })
  directory = ''
})

/** Does what the COPY lines say, in a directory where nothing else is. */
async function unpackImage(dockerfile: string): Promise<string> {
  directory = await mkdtemp(join(tmpdir(), 'fanfare-egress-image-'))
  for (const [, line] of dockerfile.matchAll(/^COPY (.+)$/gm)) {
    const words = line!.split(' ')
    const to = join(directory, words.pop()!)
    await mkdir(to, { recursive: true })
    for await (const file of glob(words, { cwd: ROOT })) {
      if (!file.endsWith('.test.ts')) await cp(join(ROOT, file), join(to, basename(file)))
    }
  }
  return directory
}

test('the files that it copies are enough to run, and its health check finds it healthy', async () => {
  const dockerfile = await readFile(DOCKERFILE, 'utf8')
  const cwd = await unpackImage(dockerfile)
  const command = JSON.parse(/^CMD (\[.+\])$/m.exec(dockerfile)![1]!) as string[]
  const env = { PATH: process.env.PATH, EGRESS_KEY: 'secret', PORT: '0' }
  child = spawn(process.execPath, command.slice(1), { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [words] = await once(child.stdout!, 'data')
  const port = new URL(/egress: (http:\S+)/.exec(String(words))![1]!).port
  const check = JSON.parse(/^ {2}CMD (\[.+\])$/m.exec(dockerfile)![1]!) as string[]
  const health = promisify(execFile)(process.execPath, check.slice(1), { env: { PORT: port } })
  expect((await health).stderr).toBe('')
})

test('it runs as nobody in particular', async () => {
  expect(await readFile(DOCKERFILE, 'utf8')).toMatch(/^USER node$/m)
})

test('the configuration of the container is one that wrangler reads', () => {
  const config = unstable_readConfig({ config: join(ROOT, 'egress/container/wrangler.toml') })
  expect(config.containers).toMatchObject([{ class_name: 'EgressContainer', max_instances: 1, instance_type: 'basic' }])
  expect(config.durable_objects.bindings).toMatchObject([{ class_name: 'EgressContainer' }])
  expect(config.workers_dev).toBe(false)
})
