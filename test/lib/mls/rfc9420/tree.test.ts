/** Trees that ts-mls 1.6.4 refuses wrongly, and trees that must be refused. */
import type { ClientState, Proposal, RatchetTree } from 'ts-mls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CLIENT_CONFIG, credentialOf, forgetPast, loadMls } from '../../../../src/lib/mls/rfc9420/suite.ts'
import { decodeTree, leavesOf } from '../../../../src/lib/mls/rfc9420/tree.ts'
import {
  descriptorExtension,
  encodeWelcome,
  joinByWelcome,
  readWelcome,
} from '../../../../src/lib/mls/rfc9420/welcome.ts'
import { rejects, throws } from '../../../helpers/throws.ts'

const test = suite('trees')
const mls = await loadMls()
const { suite: cipherSuite } = mls
const capabilities = {
  versions: ['mls10' as const],
  ciphersuites: [cipherSuite.name],
  extensions: [],
  proposals: [],
  credentials: ['basic' as const],
}
const packageOf = (name: string) =>
  mls.generateKeyPackage(credentialOf(name), capabilities, mls.defaultLifetime, [], cipherSuite)
type Pair = Awaited<ReturnType<typeof packageOf>>
const add = (pair: Pair): Proposal => ({ proposalType: 'add', add: { keyPackage: pair.publicPackage } })
const remove = (removed: number): Proposal => ({ proposalType: 'remove', remove: { removed } })
const groupInfoExtensions = [descriptorExtension({ kind: 'named', name: 'team', admin: 'alice' })]

/** Alice's group of `size`, of which the leaves `removed` have been removed, one after the other, and two have come. */
async function grown(size: number, removed: number[]) {
  const alice = await packageOf('alice')
  let state = await mls.createGroup(
    new Uint8Array(16),
    alice.publicPackage,
    alice.privatePackage,
    [],
    cipherSuite,
    CLIENT_CONFIG,
  )
  const step = async (extraProposals: Proposal[], ratchetTreeExtension = false) => {
    const made = await mls.createCommit(
      { state, cipherSuite },
      { extraProposals, groupInfoExtensions, ratchetTreeExtension },
    )
    state = forgetPast(made.newState)
    return made
  }
  const first = await Promise.all(Array.from({ length: size - 1 }, (_, index) => packageOf(`member${index}`)))
  await step(first.map(add))
  for (const index of removed) await step([remove(index)])
  const [yves, zoe] = [await packageOf('yves'), await packageOf('zoe')]
  return { step, yves, zoe, state: () => state }
}

test('one can join a tree with unmerged leaves in several places, which ts-mls 1.6.4 refuses', async () => {
  const group = await grown(8, [1, 5])
  const made = await group.step([add(group.yves), add(group.zoe)])
  if (!made.welcome) throw new Error('no welcome')
  const read = readWelcome(mls, encodeWelcome(mls, made.welcome, made.newState))
  for (const own of [group.yves, group.zoe]) {
    const joined = await joinByWelcome(mls, read, own)
    assert.is(joined.signer, 'alice')
    assert.equal(joined.descriptor, { kind: 'named', name: 'team', admin: 'alice' })
    assert.is(leavesOf(joined.state.ratchetTree).size, 8)
    assert.equal(joined.state.keySchedule, made.newState.keySchedule)
    // What was joined is a plain tree: the next commit is made with it.
    assert.is(Object.getPrototypeOf(joined.state.ratchetTree), Array.prototype)
  }
  // When this is joined, src/lib/mls/rfc9420/tree.ts can give ts-mls the tree as it is.
  const { publicPackage, privatePackage } = group.zoe
  const tree = made.newState.ratchetTree
  const none = mls.emptyPskIndex
  const plainly = mls.joinGroup(made.welcome, publicPackage, privatePackage, none, cipherSuite, tree)
  assert.match(await plainly.then(() => 'joined', String), /unmerged_leaves/)
})

test('a changed tree is refused', async () => {
  const group = await grown(8, [1, 5])
  const made = await group.step([add(group.yves), add(group.zoe)])
  if (!made.welcome) throw new Error('no welcome')
  const bytes = encodeWelcome(mls, made.welcome, made.newState)
  const tampered = (change: (tree: RatchetTree) => void) => {
    const tree = structuredClone(made.newState.ratchetTree)
    change(tree)
    const state = { ...made.newState, ratchetTree: tree } as ClientState
    return () =>
      joinByWelcome(mls, readWelcome(mls, encodeWelcome(mls, made.welcome as never, state)), group.zoe)
  }
  const unmerged = (tree: RatchetTree, index: number, leaves: number[]) => {
    const node = tree[index]
    if (node?.nodeType !== 'parent') throw new Error(`node ${index} is blank`)
    node.parent.unmergedLeaves = leaves
  }
  const code = async (run: () => Promise<unknown>) => {
    try {
      await run()
    } catch (error) {
      return (error as { code?: string }).code ?? 'refused'
    }
    return 'joined'
  }
  assert.is(await code(tampered(() => {})), 'joined')
  // RFC 9420 §12.4.3.1: blank, not below, and not at every parent between.
  assert.is(await code(tampered((tree) => unmerged(tree, 7, [1, 5, 9]))), 'member_unverified')
  assert.is(await code(tampered((tree) => unmerged(tree, 3, [1, 5]))), 'member_unverified')
  assert.is(await code(tampered((tree) => unmerged(tree, 3, []))), 'member_unverified')
  // The tree hash, which ts-mls compares, sees all of it.
  assert.is(await code(tampered((tree) => unmerged(tree, 7, [1]))), 'refused')
  assert.is(await code(tampered((tree) => void tree.splice(4, 1, undefined))), 'refused')
  assert.ok(bytes.length > 0)
})

test('a second tree in the group info is refused', async () => {
  const group = await grown(2, [])
  const made = await group.step([add(group.zoe)], true)
  if (!made.welcome) throw new Error('no welcome')
  const read = readWelcome(mls, encodeWelcome(mls, made.welcome, made.newState))
  await rejects(joinByWelcome(mls, read, group.zoe), 'malformed')
})

test('two leaves of one principal, and a leaf of nobody', async () => {
  const leaf = async (name: string) => ({
    nodeType: 'leaf' as const,
    leaf: (await packageOf(name)).publicPackage.leafNode,
  })
  const [bob, again, odd] = [await leaf('bob'), await leaf('bob'), await leaf('../bob')]
  throws(() => leavesOf([bob, undefined, again]), 'member_unverified')
  throws(() => leavesOf([bob, undefined, odd]), 'member_unverified')
  throws(() => decodeTree(mls, Uint8Array.of(1)), 'malformed')
})

test('a welcome that is none', async () => {
  throws(() => readWelcome(mls, new Uint8Array(3)), 'malformed')
  throws(() => readWelcome(mls, Uint8Array.of(0, 0, 0, 9, 1, 2, 3)), 'malformed')
  const { publicPackage } = await packageOf('bob')
  const bytes = mls.encodeMlsMessage({
    wireformat: 'mls_key_package',
    version: 'mls10',
    keyPackage: publicPackage,
  })
  const framed = new Uint8Array(4 + bytes.length)
  new DataView(framed.buffer).setUint32(0, bytes.length)
  framed.set(bytes, 4)
  throws(() => readWelcome(mls, framed), 'malformed')
  await rejects(
    Promise.resolve().then(() => readWelcome(mls, framed)),
    'malformed',
  )
})

test.run()
