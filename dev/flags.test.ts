import { describe, expect, it } from 'vitest'
import { FlagError, parseDevFlags, parseStartFlags } from './flags.ts'

describe('the flags of npm run dev', () => {
  it('are those of wrangler dev when none is given', () => {
    expect(parseDevFlags([])).toEqual({ port: 8787, ip: '127.0.0.1', persistTo: undefined, vars: {}, help: false })
  })

  it('are read in both spellings', () => {
    const flags = parseDevFlags(['--port', '0', '--ip=0.0.0.0', '--persist-to', '/tmp/state'])
    expect(flags).toMatchObject({ port: 0, ip: '0.0.0.0', persistTo: '/tmp/state' })
  })

  const vars = [
    { args: ['--var', 'A:1', '--var', 'B:2'], expected: { A: '1', B: '2' } },
    { args: ['--var', 'A:1', 'B:2', '--port', '1'], expected: { A: '1', B: '2' } },
    { args: ['--var=FCM_URL:http://127.0.0.1:9000'], expected: { FCM_URL: 'http://127.0.0.1:9000' } },
    { args: ['--var', 'EGRESS_URL:'], expected: { EGRESS_URL: '' } },
    { args: ['--var', 'A:1', '--var', 'A:2'], expected: { A: '2' } },
  ]
  it.each(vars)('take variables as $args', ({ args, expected }) => {
    expect(parseDevFlags(args).vars).toEqual(expected)
  })

  const wrong = [
    { args: ['--port', 'http'], message: "--port wants a whole number from 0 to 65535, not 'http'" },
    { args: ['--port', '65536'], message: "--port wants a whole number from 0 to 65535, not '65536'" },
    { args: ['--port='], message: "--port wants a whole number from 0 to 65535, not ''" },
    { args: ['--ip='], message: '--ip wants a value' },
    { args: ['--var', 'NAME'], message: "--var wants NAME:VALUE, not 'NAME'" },
    { args: ['--var', 'A B:1'], message: "--var wants NAME:VALUE, not 'A B:1'" },
    { args: ['8787'], message: "'8787' is not a flag of this command" },
    { args: ['--prot', '1'], message: "Unknown option '--prot'" },
  ]
  it.each(wrong)('are refused as $args, with a reason', ({ args, message }) => {
    expect(() => parseDevFlags(args)).toThrow(new FlagError(message))
  })
})

describe('the flags of npm start', () => {
  it('are ten thousand devices and staying up when none is given', () => {
    expect(parseStartFlags([])).toEqual({ exit: false, devices: 10_000, help: false })
  })

  it('are read', () => {
    expect(parseStartFlags(['--exit', '--devices', '100000'])).toEqual({ exit: true, devices: 100_000, help: false })
  })

  const wrong = [
    { args: ['--devices', '0'], message: "--devices wants a whole number from 1 to 2000000, not '0'" },
    { args: ['--devices', '1e4'], message: "--devices wants a whole number from 1 to 2000000, not '1e4'" },
    { args: ['--exit', 'now'], message: "'now' is not a flag of this command" },
  ]
  it.each(wrong)('are refused as $args, with a reason', ({ args, message }) => {
    expect(() => parseStartFlags(args)).toThrow(new FlagError(message))
  })
})
