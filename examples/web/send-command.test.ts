import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { sendCommand } from './send-command.ts'

/** What a shell hands to curl. */
function argumentsOf(command: string): string[] {
  const script = `curl() { for argument in "$@"; do printf '%s\\n' "$argument"; done; }; ${command}`
  const env = { ...process.env, FANFARE_KEY: 'sk_from_the_shell' }
  return execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8', env }).trimEnd().split('\n')
}

it('reaches curl as one send to the audience', () => {
  const command = sendCommand({ apiUrl: 'http://127.0.0.1:8787', senderKey: 'sk_1' }, { topic: 'news' })
  const [url, , authorization, , , , body] = argumentsOf(command)
  expect([url, authorization]).toEqual(['http://127.0.0.1:8787/v1/notifications', 'Authorization: Bearer sk_1'])
  expect(JSON.parse(body!)).toMatchObject({ to: { topic: 'news' }, title: 'Hello' })
})

it('takes the key from the shell when it is a variable', () => {
  const command = sendCommand({ apiUrl: 'http://a', senderKey: '$FANFARE_KEY' }, { topic: 'news' })
  expect(argumentsOf(command)).toContain('Authorization: Bearer sk_from_the_shell')
})

it('survives a quote in the audience', () => {
  const command = sendCommand({ apiUrl: 'http://a', senderKey: 'sk_1' }, { devices: ["o'brien"] })
  expect(JSON.parse(argumentsOf(command).at(-1)!).to).toEqual({ devices: ["o'brien"] })
})
