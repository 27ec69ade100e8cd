/**
 * Tests import `uvu` and `uvu/assert`; under the runner they get what reports to it. So no test file can forget to.
 *
 * JavaScript, because the thread in which Node 20 resolves imports does not load TypeScript.
 *
 * @module
 */
const OURS = new Map([
  ['uvu', new URL('./uvu.ts', import.meta.url).href],
  ['uvu/assert', new URL('./assert.ts', import.meta.url).href],
])

/**
 * @template T
 * @param {string} specifier
 * @param {{ parentURL?: string | undefined }} context
 * @param {(specifier: string, context: any) => T} next
 * @returns {T}
 */
export function resolve(specifier, context, next) {
  const ours = OURS.get(specifier)
  const isFromOurs = [...OURS.values()].some((url) => context.parentURL?.split('?')[0] === url)
  return next(ours && !isFromOurs ? ours : specifier, context)
}
