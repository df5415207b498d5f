/** Carries requests over a transport in a test, and says in short what came back. Runs in workerd. */
import type { Answer, PushRequest } from '../../push/outcome.ts'
import type { Impression, Transport } from '../../workers/jobs/transport.ts'

export interface Carriage {
  readonly pool?: string
  readonly mayGoOn?: () => boolean
  readonly judge?: (answer: Answer) => Impression
}

export function requestTo(url: string, partial: Partial<PushRequest> = {}): PushRequest {
  return { url, sharedHeaders: { authorization: 'bearer x' }, ownHeaders: null, body: '{}', ...partial }
}

/** Carries requests and gathers the answers; fails when one comes twice or a request is built twice. */
export async function carry(
  transport: Transport,
  requests: (PushRequest | Error)[],
  { pool = 'pool', mayGoOn = () => true, judge = () => 'fine' }: Carriage = {},
): Promise<Answer[]> {
  const answers: Answer[] = []
  const built = new Set<number>()
  const build = (index: number) => {
    if (built.has(index)) throw new Error(`request ${index} was built twice`)
    built.add(index)
    const request = requests[index]!
    if (request instanceof Error) throw request
    return index % 2 === 0 ? request : Promise.resolve(request)
  }
  const onAnswer = (index: number, answer: Answer) => {
    if (answers[index]) throw new Error(`request ${index} was answered twice`)
    answers[index] = answer
    return judge(answer)
  }
  await transport.carry(requests.length, build, onAnswer, pool, mayGoOn)
  return answers
}

export function inShort(answer: Answer | undefined): string {
  if (answer === undefined) return 'nothing'
  return answer.kind === 'response' ? String(answer.status) : `${answer.sent}: ${answer.reason}`
}
