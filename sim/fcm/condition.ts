/**
 * FCM's topic conditions: `'a' in topics && ('b' in topics || !('c' in topics))`. Checks syntax, keeps nothing.
 */
const TOKEN = /\s*(?:'([a-zA-Z0-9\-_.~%]{1,900})'\s+in\s+topics\b|(&&|\|\||!|\(|\)))/y

/** firebase.google.com/docs/cloud-messaging/topic-messaging: at most five topics in a condition. */
const MAX_TOPICS = 5

/** Whether FCM would take the condition. */
export function isCondition(condition: string): boolean {
  const tokens = tokenize(condition)
  if (tokens === null || tokens.filter((token) => token === 'topic').length > MAX_TOPICS) return false
  return readExpression(tokens, 0) === tokens.length
}

type Token = 'topic' | '&&' | '||' | '!' | '(' | ')'

function tokenize(condition: string): Token[] | null {
  const tokens: Token[] = []
  const end = condition.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const match = TOKEN.exec(condition)
    if (match === null) return null
    tokens.push(match[1] === undefined ? (match[2] as Token) : 'topic')
  }
  return tokens
}

/** operand (operator operand)*. Returns the position after it, or NaN, which is equal to no length. */
function readExpression(tokens: readonly Token[], start: number): number {
  let position = readOperand(tokens, start)
  while (tokens[position] === '&&' || tokens[position] === '||') position = readOperand(tokens, position + 1)
  return position
}

/** A topic, a negation, or an expression in brackets. */
function readOperand(tokens: readonly Token[], start: number): number {
  switch (tokens[start]) {
    case 'topic':
      return start + 1
    case '!':
      return readOperand(tokens, start + 1)
    case '(': {
      const end = readExpression(tokens, start + 1)
      return tokens[end] === ')' ? end + 1 : Number.NaN
    }
    default:
      return Number.NaN
  }
}
