/**
 * What is said of a file or a directory beside its content, as it crosses the wire. docs/protocol.md §7.7 and §8.1.
 *
 * @module
 */
import * as v from 'valibot'
import type { Attributes } from './items.ts'

/** The fields, for schemas. */
export const ATTRIBUTES = {
  executable: v.optional(v.boolean()),
  modified_at: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
}

/** The same as a frame has it. */
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

/** These alone, of something that has more. */
export function attributesIn({ executable, modifiedAt }: Attributes): Attributes {
  return { ...(executable && { executable }), ...(modifiedAt !== undefined && { modifiedAt }) }
}
