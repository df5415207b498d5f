/** What the platform says about a topic. */
import type { ApiClient } from '../dev/api-client.ts'

export interface TopicAnswer {
  readonly subscribers: number
  readonly shards: number
}

export function readTopic(api: ApiClient, name: string): Promise<TopicAnswer> {
  return api.get<TopicAnswer>(`/v1/topics/${name}`)
}

/** @throws unless the topic has exactly so many subscribers */
export async function expectSubscribers(api: ApiClient, name: string, count: number): Promise<TopicAnswer> {
  const answer = await readTopic(api, name)
  if (answer.subscribers === count) return answer
  throw new Error(`${count} devices were imported; the topic has ${answer.subscribers}`)
}
