import { describe, expect, test } from 'vitest'
import { decodeAnswers, MalformedAnswers } from './egress-answers.ts'
import { type AnswerLine, encodeAnswers } from './egress-wire.ts'
import type { Answer } from './outcome.ts'

describe('a line of answers', () => {
  const read = (line: AnswerLine) => decodeAnswers(encodeAnswers(line).trimEnd())

  test('hands out each answer with its position', () => {
    const line: AnswerLine = {
      accepted: [
        [200, [0, 3]],
        [201, [1]],
      ],
      responses: [[2, 429, { 'retry-after': '7' }, '{"reason":"TooManyRequests"}']],
      unanswered: [[4, 'maybe', 'timeout']],
    }
    const accepted = (status: number): Answer => ({ kind: 'response', status, headers: {}, body: '' })
    expect(read(line)).toEqual([
      [0, accepted(200)],
      [3, accepted(200)],
      [1, accepted(201)],
      [2, { kind: 'response', status: 429, headers: { 'retry-after': '7' }, body: '{"reason":"TooManyRequests"}' }],
      [4, { kind: 'no_answer', sent: 'maybe', reason: 'timeout' }],
    ])
  })

  test('is nothing but a sign of life when it is empty', () => {
    expect(decodeAnswers('')).toEqual([])
  })

  test('has no line feed inside, whatever a service says', () => {
    const encoded = encodeAnswers({ responses: [[0, 500, {}, 'line\nafter\r\nline']] })
    expect(encoded.indexOf('\n')).toBe(encoded.length - 1)
  })

  test('may have members and reasons that are not known here', () => {
    expect(decodeAnswers('{"unanswered":[[0,"no","of_a_later_version"]],"more":1}')).toEqual([
      [0, { kind: 'no_answer', sent: 'no', reason: 'egress_lost' }],
    ])
  })
})

describe('a line that says nothing we know', () => {
  const lines = [
    '<html>',
    '{"accepted":[[200,[0]]]',
    'null',
    '7',
    '[]',
    '{"accepted":{}}',
    '{"accepted":[7]}',
    '{"accepted":[[200,0]]}',
    '{"accepted":[["200",[0]]]}',
    '{"accepted":[[404,[0]]]}',
    '{"accepted":[[200,["0"]]]}',
    '{"accepted":[[200,[-1]]]}',
    '{"accepted":[[200,[0.5]]]}',
    '{"responses":[[0,42,{},""]]}',
    '{"responses":[[0,500,{"retry-after":7},""]]}',
    '{"responses":[[0,500,[],""]]}',
    '{"responses":[[0,500,{}]]}',
    '{"unanswered":[[0,"surely","timeout"]]}',
    '{"unanswered":[["__proto__","no","timeout"]]}',
  ]
  test.each(lines)('%s', (line) => {
    expect(() => decodeAnswers(line)).toThrow(MalformedAnswers)
  })
})
