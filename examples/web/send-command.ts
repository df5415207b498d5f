/**
 * The curl command that the example page offers to copy. Pure text.
 */

export type Audience = { readonly topic: string } | { readonly devices: readonly string[] }

/** A command for a POSIX shell that sends one notification to the audience. */
export function sendCommand(config: { apiUrl: string; senderKey: string }, to: Audience): string {
  const send = { to, title: 'Hello', body: 'A push, all the way to this page.' }
  return [
    `curl ${config.apiUrl}/v1/notifications`,
    // Double quotes, because the key may be a shell variable.
    `-H "Authorization: Bearer ${config.senderKey}"`,
    `-H 'Content-Type: application/json'`,
    `-d ${quote(JSON.stringify(send))}`,
  ].join(' \\\n  ')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
