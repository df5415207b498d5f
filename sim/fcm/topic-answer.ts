/** What calls about topics answer with; the headers are always those of JSON. */
export interface TopicAnswer {
  readonly status: number
  readonly body: string
}
