/**
 * A grade in words.
 *
 * @module
 */
import { visible } from '../../src/lib/text/visible.ts'
import type { Grade } from '../examiner/grading.ts'
import type { Finding } from '../examiner/property.ts'

/** How many properties that do not hold are explained, unless all are. */
const EXPLAINED = 2

export const held = ({ findings }: Grade): number =>
  findings.filter(({ problem }) => problem === undefined).length

/** Whether every property holds. */
export function isDone(grade: Grade): boolean {
  return grade.properties.length > 0 && held(grade) === grade.properties.length
}

export function sum(grade: Grade): string {
  return `${held(grade)} of ${grade.properties.length} properties hold`
}

/** A line for every property, and below those that do not hold what was seen and why it matters. */
export function checklist({ properties, findings }: Grade, all: boolean): string {
  const lines: string[] = []
  const explained = new Set<string>()
  for (const name of properties) {
    const finding = findings.find(({ property }) => property === name)
    lines.push(`  [${mark(finding)}] ${name}`)
    const { problem, why, loot } = finding ?? {}
    // What has been said once, such as that the function is not written yet, is not said again.
    if (!problem || explained.has(problem) || (!all && explained.size >= EXPLAINED)) continue
    explained.add(problem)
    lines.push('', indented(`FAILED: ${problem}`))
    if (loot) lines.push(indented(`What it was good for: ${loot}`))
    lines.push(why ? `${indented(`Why it matters: ${why}`)}\n` : '')
  }
  return lines.join('\n')
}

function mark(finding: Finding | undefined): string {
  if (!finding) return '?'
  return finding.problem === undefined ? 'x' : ' '
}

/** What a program said is in it: that moves no cursor, and paints no other checklist. */
function indented(text: string): string {
  const lines = [...visible(text.replaceAll('\n', ' ')).matchAll(/\S.{0,90}(?= |$)/g)]
  return lines.map(([line]) => `        ${line}`).join('\n')
}
