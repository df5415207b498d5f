/** The results of the chaos test as a table. Pure. */
import { formatCount } from '../../dev/demo/names.ts'
import { renderColumns } from '../witness/table.ts'
import type { SceneStory } from './play.ts'
import { format, judgedWaits, p95 } from './verdict.ts'

const HEAD = [
  'what goes wrong',
  'seconds',
  'requests',
  'targeted',
  'accepted',
  'unconfirmed',
  'lost',
  'twice',
  'urgent sends',
  'urgent p95',
] as const
const LEFT_COLUMNS = 1

export function renderTable(stories: readonly SceneStory[]): string[] {
  return renderColumns([HEAD, ...stories.map(cellsOf)], LEFT_COLUMNS)
}

function cellsOf(story: SceneStory): string[] {
  const { scene, seconds, requests, audits, urgent } = story
  const sum = (count: (audit: SceneStory['audits'][number]) => number) =>
    formatCount(audits.reduce((total, audit) => total + count(audit), 0))
  const judged = judgedWaits(story)
  return [
    scene.name,
    formatCount(seconds),
    formatCount(requests),
    sum(({ targeted }) => targeted),
    sum(({ accepted }) => accepted),
    sum(({ unconfirmed }) => unconfirmed),
    sum(({ lost }) => lost),
    sum(({ duplicates }) => duplicates),
    formatCount(urgent.length),
    judged.length === 0 ? '–' : format(p95(judged)),
  ]
}
