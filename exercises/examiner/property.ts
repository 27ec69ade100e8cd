/**
 * A property of a student's program: what holds, why it matters, and how it is found out.
 *
 * @module
 */

/** A property does not hold; the message says what was seen instead. */
export class Missing extends Error {
  /** 'stopped': the program could not go on, so that it was started anew for the next property. */
  readonly kind: 'missing' | 'stopped' | 'not loaded'
  /** What an attacker has gained by it, when the attack was tried. */
  readonly loot?: string

  constructor(problem: string, kind: Missing['kind'] = 'missing', loot?: string) {
    super(problem)
    this.kind = kind
    if (loot !== undefined) this.loot = loot
    // A student needs the words, not the grader's stack.
    this.stack = ''
  }
}

/**
 * @param loot - performs the attack that is now possible, and tells what came of it.
 * @throws Missing when the condition does not hold.
 */
export function must(
  condition: unknown,
  problem: string,
  loot?: () => string | undefined,
): asserts condition {
  if (!condition) throw new Missing(problem, 'missing', loot?.())
}

export interface Property<Subject> {
  /** What holds, in words. */
  readonly name: string
  /** What could be done if it did not. */
  readonly why: string
  /** @throws Missing when it does not hold. */
  check(subject: Subject): Promise<void> | void
}

/** What was found out about a property. */
export interface Finding {
  readonly property: string
  readonly why: string
  readonly problem?: string
  readonly loot?: string
  /** The program could not go on. */
  readonly stopped?: boolean
}

/** Whether the wanted bytes are somewhere in the others. */
export function contains(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return Buffer.from(bytes).includes(Buffer.from(wanted))
}
