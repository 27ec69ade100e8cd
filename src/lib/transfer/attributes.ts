/**
 * What is said of a file or a directory beside its content, as it crosses the wire. docs/protocol.md §7.7 and §8.1.
 *
 * @module
 */
import type { Attributes } from './items.ts'

/** The fields, as a frame has them. */
export interface AttributeFields {
  readonly executable?: boolean | undefined
  readonly modified_at?: number | undefined
}

/** As fields: what is not known, or not so, is left out. */
export function toFields({ executable, modifiedAt }: Attributes): AttributeFields {
  return { ...(executable && { executable }), ...(modifiedAt !== undefined && { modified_at: modifiedAt }) }
}

/** From fields. */
export function fromFields({ executable, modified_at: modifiedAt }: AttributeFields): Attributes {
  return { ...(executable && { executable }), ...(modifiedAt !== undefined && { modifiedAt }) }
}
