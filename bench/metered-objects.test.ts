import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

describe('the Worker with meters', () => {
  it('has a meter for every object that is bound', () => {
    const bound = [...read('../wrangler.toml').matchAll(/^name = "(.*)"\nclass_name = "(.*)"$/gm)]
    expect(bound.length).toBeGreaterThan(3)
    const worker = read('./metered/worker.ts')
    for (const [, name, type] of bound) {
      expect(worker).toContain(`export class ${type} extends metered('${name}', objects.${type}) {}`)
    }
  })
})
