/**
 * A grade as a JUnit file, which most servers that run tests can show.
 *
 * @module
 */
import type { Grade } from '../examiner/grading.ts'

/** @param suite - what was graded. */
export function junit(suite: string, { properties, findings }: Grade): string {
  const cases = properties.map((name) => {
    const finding = findings.find(({ property }) => property === name)
    const begin = `    <testcase classname="${escaped(suite)}" name="${escaped(name)}"`
    if (!finding) return `${begin}><skipped/></testcase>`
    const { problem, loot, why } = finding
    if (problem === undefined) return `${begin}/>`
    const words = [loot && `What it was good for: ${loot}`, why && `Why it matters: ${why}`].filter(Boolean)
    return `${begin}><failure message="${escaped(problem)}">${escaped(words.join('\n'))}</failure></testcase>`
  })
  const failed = findings.filter(({ problem }) => problem !== undefined).length
  const skipped = properties.length - findings.length
  const counts = `tests="${properties.length}" failures="${failed}" skipped="${skipped}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(suite)}" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>\n',
  ].join('\n')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** Characters that XML cannot say at all become a question mark. */
function escaped(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '?')
    .replaceAll(/[&<>"\n]/g, (character) => ENTITIES[character] ?? '')
}
