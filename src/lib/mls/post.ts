/**
 * How what is of groups reaches the KDC. Apart from what reads its answers, so that the types of the package stand alone.
 *
 * @module
 */

/** A sealed request to the KDC; throws what stands for a refusal. */
export type PostToKdc = (path: string, body: Record<string, unknown>) => Promise<unknown>
