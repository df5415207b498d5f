import { expect, it } from 'vitest'
import { judgeAddresses } from './dns-answer.ts'

const a = (data: string) => ({ type: 1, data })
const aaaa = (data: string) => ({ type: 28, data })

it.each([
  ['public addresses', [a('93.184.215.14'), aaaa('2606:2800:21f:cb07:6820:80da:af6b:8b2c')], null],
  ['a name on the way to one', [{ type: 5, data: 'localhost.' }, a('93.184.215.14')], null],
  ['a private address', [a('10.0.0.1')], 'private_address'],
  ['one private address among public ones', [a('93.184.215.14'), a('127.0.0.1')], 'private_address'],
  ['a private address in IPv6 only', [a('93.184.215.14'), aaaa('::1')], 'private_address'],
  ['a public one, mapped', [aaaa('::ffff:93.184.215.14')], 'private_address'],
  ['an address that is none', [a('localhost')], 'private_address'],
  ['no address', [{ type: 5, data: 'example.com.' }], 'name_not_resolved'],
  ['nothing', [], 'name_not_resolved'],
])('%s', (_what, records, failure) => {
  expect(judgeAddresses(records)).toBe(failure)
})
