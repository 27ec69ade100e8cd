/**
 * What can be the matter with a group.
 *
 * @module
 */

/** `broken`: not read further until it is rejoined. The others are what happened to us, or to the group. */
export type GroupStatus = 'active' | 'broken' | 'left' | 'removed' | 'destroyed'
