import { describe, expect, it } from 'vitest'
import { parsePeakMiB } from './memory.ts'

describe('the peak of a process', () => {
  it('is read from what the kernel says', () => {
    expect(parsePeakMiB('Name:\tworkerd\nVmPeak:\t18508972 kB\nVmHWM:\t  394240 kB\nVmRSS:\t  380008 kB\n')).toBe(385)
  })

  it('is unknown where the kernel does not say', () => {
    expect(parsePeakMiB('Name:\tworkerd\n')).toBeNull()
  })
})
