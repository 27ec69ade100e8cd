/** Who may change a group, without a group: trees and proposals of the test's own making. */
import type { Proposal, RatchetTree } from 'ts-mls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EMPTY, utf8 } from '../../../../src/lib/bytes.ts'
import {
  judgeCommit,
  judgeRejoin,
  judgeTree,
  mayRemove,
  toRemove,
} from '../../../../src/lib/mls/entries/member-policy.ts'
import type { Entry } from '../../../../src/lib/mls/kdc-answers.ts'
import type { Group } from '../../../../src/lib/mls/state/group.ts'
import { throws } from '../../../helpers/throws.ts'

const test = suite('policy')

/** A tree with these leaves; `name:2` is the name with its second key, and an empty one is blank. */
function tree(...leaves: string[]): RatchetTree {
  return leaves.flatMap((text) => {
    const [name = '', key = '1'] = text.split(':')
    if (name === '') return [undefined, undefined]
    const credential = { credentialType: 'basic', identity: utf8(name) }
    return [{ nodeType: 'leaf', leaf: { credential, signaturePublicKey: utf8(`${name}${key}`) } }, undefined]
  }) as unknown as RatchetTree
}

const group = (changes: Partial<Group> = {}): Group => ({
  id: 'x',
  descriptor: { kind: 'named', name: 'team', admin: 'alice' },
  status: 'active',
  reason: undefined,
  formerAdmin: undefined,
  epoch: 1,
  members: ['alice', 'bob', 'carol'],
  leaving: new Map(),
  chain: { epochSeq: 5, seq: 9, hashSeq: 0, hashes: [] },
  ...changes,
})
const direct = group({ descriptor: { kind: 'direct' }, members: ['alice', 'bob'] })
const entry = (added: string[] = [], removed: string[] = []) => ({ added, removed }) as unknown as Entry
const add = (name: string) =>
  ({
    proposalType: 'add',
    add: { keyPackage: { leafNode: { credential: { credentialType: 'basic', identity: utf8(name) } } } },
  }) as unknown as Proposal
const remove = (removed: number): Proposal => ({ proposalType: 'remove', remove: { removed } })
const init: Proposal = { proposalType: 'external_init', externalInit: { kemOutput: EMPTY } }
const before = tree('alice', 'bob', 'carol')

test('the admin removes all but itself; others those who left in this epoch', () => {
  const leaving = group({ leaving: new Map(Object.entries({ bob: 5, carol: 6 })) })
  assert.is(mayRemove(group(), 'alice', 'bob'), true)
  assert.is(mayRemove(group(), 'alice', 'alice'), false)
  assert.is(mayRemove(group(), 'bob', 'carol'), false)
  assert.is(mayRemove(direct, 'alice', 'bob'), false)
  assert.is(mayRemove(leaving, 'bob', 'carol'), true)
  assert.is(mayRemove(leaving, 'carol', 'bob'), false)
  assert.equal(toRemove(leaving, 'alice'), ['bob', 'carol'])
  assert.equal(toRemove(leaving, 'bob'), ['carol'])
})

test('a commit by the admin', () => {
  const membershipChange = judgeCommit(group(), before, entry(['dave'], ['bob']), 0, [add('dave'), remove(1)])
  assert.equal(membershipChange, { by: 'alice', added: ['dave'], removed: ['bob'] })
  const refused: [number | undefined, Proposal[], Entry][] = [
    [1, [add('dave')], entry(['dave'])],
    [1, [remove(2)], entry([], ['carol'])],
    [0, [remove(7)], entry([], ['dave'])],
    [0, [add('dave')], entry()],
    [0, [], entry(['dave'])],
    [0, [remove(1)], entry([], ['carol'])],
    [9, [], entry()],
    [undefined, [], entry()],
    [0, [init], entry()],
  ]
  for (const [by, proposals, said] of refused) {
    throws(() => judgeCommit(group(), before, said, by, proposals), 'member_unverified')
  }
})

test('nobody adds to a conversation of two', () => {
  const two = tree('alice', 'bob')
  for (const by of [0, 1]) {
    throws(() => judgeCommit(direct, two, entry(['carol']), by, [add('carol')]), 'member_unverified')
    throws(() => judgeCommit(direct, two, entry([], ['bob']), by, [remove(1)]), 'member_unverified')
  }
})

test('one who rejoins takes its own place and does nothing else', () => {
  const judge = (username: string, proposals: Proposal[], said = entry(), who = group()) =>
    judgeRejoin(who, before, said, username, proposals)
  assert.equal(judge('bob', [remove(1), init]), { by: 'bob', added: [], removed: [], rejoined: 'bob' })
  const leaving = group({ leaving: new Map([['bob', 6]]) })
  throws(() => judge('bob', [remove(1), init], entry(), leaving), 'member_unverified')
  throws(() => judge('bob', [remove(2), init]), 'member_unverified')
  throws(() => judge('dave', [remove(1), init]), 'member_unverified')
  throws(() => judge('dave', [init]), 'member_unverified')
  throws(() => judge('bob', [remove(1)]), 'member_unverified')
  throws(() => judge('bob', [remove(1), init, init]), 'member_unverified')
  throws(() => judge('bob', [remove(1), remove(2), init]), 'member_unverified')
  throws(() => judge('bob', [remove(1), init], entry(['eve'])), 'member_unverified')
  throws(() => judge('bob', [remove(1), init], entry([], ['carol'])), 'member_unverified')
})

test('the tree after a commit has the members that it must have, with the keys that they had', () => {
  const judge = (after: RatchetTree, added: string[] = [], removed: string[] = [], rejoined?: string) =>
    judgeTree(group(), before, after, {
      by: 'alice',
      added,
      removed,
      ...(rejoined !== undefined && { rejoined }),
    })
  const fresh = (...args: Parameters<typeof judge>) => judge(...args).fresh.map(({ username }) => username)
  assert.equal(fresh(before), [])
  assert.equal(judge(tree('alice', '', 'carol', 'dave'), ['dave'], ['bob']).members, [
    'alice',
    'carol',
    'dave',
  ])
  assert.equal(fresh(tree('alice', '', 'carol', 'dave'), ['dave'], ['bob']), ['dave'])
  // Removed and added again, in one commit.
  assert.equal(fresh(tree('alice', 'bob:2', 'carol'), ['bob'], ['bob']), ['bob'])
  // Back in another place, with another key, or the same.
  assert.equal(fresh(tree('alice', '', 'carol', 'bob:2'), [], [], 'bob'), ['bob'])
  assert.equal(fresh(before, [], [], 'bob'), ['bob'])
  const refused: Parameters<typeof judge>[] = [
    [tree('alice', 'bob', 'carol', 'ghost')],
    [tree('alice', 'bob')],
    [tree('alice', 'bob', 'ghost')],
    [tree('alice', 'bob', 'carol', 'dave', 'ghost'), ['dave']],
    [tree('alice', 'bob', 'carol'), [], ['bob']],
    [tree('alice', 'bob:2', 'carol')],
    [tree('alice:2', 'bob', 'carol')],
    [tree('bob', 'alice', 'carol')],
    [tree('alice', 'bob:2', 'carol:2'), [], [], 'bob'],
    [tree('alice', 'bob', 'carol', 'bob')],
  ]
  for (const args of refused) throws(() => judge(...args), 'member_unverified')
})

test.run()
