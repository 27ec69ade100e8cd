/**
 * Who reads what: members, those who were not there yet, and those who are gone.
 *
 * @module
 */
import { EMPTY, equal, utf8 } from 'symbolon/protocol'
import { contains, must, type Property } from '../examiner/property.ts'
import { commitLabel, commitOf, guesses, messageLabel, messageOf, opensHow, unbox } from './examine.ts'
import { AFTER, BEFORE, described, type Group, hex, key, mustFit, reads } from './groups.ts'

export const ofMembership: readonly Property<Group>[] = [
  {
    name: 'a change makes a new epoch, and a commit with a box for each who is in the group then',
    why: 'without a box nobody can follow, and with one anybody can. So the boxes say who is in the group.',
    async check(group) {
      const owner = group.owner(4)
      const added = await group.add(owner, 'erin', key())
      mustFit(owner, added, ['bob', 'carol', 'dave', 'erin'], 'add of erin')
      const removed = await group.remove(owner, 'bob')
      mustFit(owner, removed, ['carol', 'dave'], 'remove of bob')
      const alone = { ...owner, members: {} }
      mustFit(alone, await group.add(alone, 'bob', key()), ['bob'], 'add of bob, the first,')
      for (const [what, call] of [
        ['add of bob, who is in the group already,', () => group.add(owner, 'bob', key())],
        ['add of alice, whose group it is,', () => group.add(owner, 'alice', key())],
        ['remove of constructor, who is not in the group,', () => group.remove(owner, 'constructor')],
        ['remove of mallory, who is not in the group,', () => group.remove(owner, 'mallory')],
      ] as const) {
        const taken = await group.refused(call(), what)
        must(!taken, `${what} was not refused.`)
      }
    },
  },
  {
    name: "a box opens under its member's pair key, and holds the owner's new key",
    why: 'the pair key is what alice has with this member alone. Under any other key somebody else opens the box too.',
    async check(group) {
      const owner = group.owner()
      const erin = key()
      const added = await group.add(owner, 'erin', erin)
      for (const [{ commit, owner: after }, before] of [
        [added, owner],
        [await group.remove(added.owner, 'bob'), added.owner],
        [await group.remove(owner, 'bob'), owner],
      ] as const) {
        for (const [name, sealed] of Object.entries(commit.boxes)) {
          const pairKey = { ...owner.members, erin }[name] ?? EMPTY
          const content = unbox(pairKey, commitLabel(commit.epoch, name), sealed)
          const keys = {
            "its member's pair key": pairKey,
            ...Object.fromEntries(
              Object.entries(owner.members).map(([other, one]) => [`${other}'s pair key`, one]),
            ),
            'the epoch key of before': before.key,
            'the new epoch key itself': after.key,
          }
          const how = content ? undefined : opensHow(sealed, 'commit', commit.epoch, name, keys)
          must(content || !how, `${name}'s box opens ${how}.`, () => {
            const other = /under (\w+)'s pair key/.exec(how ?? '')?.[1]
            if (other)
              return `${other} has opened ${name}'s box, too, and can do so when it is not for ${other} any more.`
            if (!how?.includes('key of before')) return undefined
            return `bob, who was removed, has the key of before. He has opened ${name}'s box, and has the new one: ${hex(after.key)}.`
          })
          must(content, `${name}'s box does not open under ${name}'s pair key.`)
          must(
            equal(content, after.key),
            `${name}'s box holds ${hex(content).slice(0, 16)}…, and the owner's key is ${hex(after.key).slice(0, 16)}….`,
          )
        }
      }
    },
  },
  {
    name: 'a member follows a commit into the new epoch',
    why: 'after it, all who are in the group have the same key, and call the epoch by the same number.',
    async check(group) {
      const owner = group.owner(6)
      const wanted = key()
      const commit = commitOf(7, wanted, owner.members)
      const before = { name: 'carol', epoch: 6, key: owner.key }
      const cases = [await group.follow('carol', owner.members.carol ?? EMPTY, commit, before)]
      cases.push(await group.follow('carol', owner.members.carol ?? EMPTY, commit))
      for (const member of cases) {
        must(member.name === 'carol', `carol's name is ${member.name} after follow.`)
        must(member.epoch === 7, `carol's epoch is ${member.epoch} after commit 7.`)
        must(
          member.key instanceof Uint8Array && equal(member.key, wanted),
          `carol's key after follow is not what was in her box (${described(member.key)}).`,
        )
      }
    },
  },
  {
    name: 'what one member says the others read',
    why: 'that is what the group is for. The others may use another program than yours.',
    async check(group) {
      const carol = { name: 'carol', epoch: 3, key: key() }
      const dave = { ...carol, name: 'dave' }
      for (const text of [AFTER, '', 'é 🍰', 'e\u0301', ' a line\nand another\n']) {
        const message = await group.send(carol, text)
        must(message.epoch === 3, `the epoch of a message is ${message.epoch}, and carol is in 3.`)
        must(message.from === 'carol', `'from' in a message of carol's is ${message.from}.`)
        must(
          text === '' || !contains(message.box, utf8(text)),
          'the text stands in the box, for all to read.',
          () => `eve, who listens, has read: "${text}".`,
        )
        const content = unbox(carol.key, messageLabel(3, 'carol'), message.box)
        const how = content
          ? undefined
          : opensHow(message.box, 'message', 3, 'carol', { 'the epoch key': carol.key })
        must(content, how ? `the box of a message opens ${how}.` : 'the box of a message does not open.')
        const said = Buffer.from(content).toString('utf8')
        must(said === text, `carol says ${JSON.stringify(text)}, and in the box is ${JSON.stringify(said)}.`)
        const others = Object.keys(message).filter((name) => !['epoch', 'from', 'box'].includes(name))
        must(
          others.length === 0,
          `there is a field '${others[0]}' in a message, which does not belong there.`,
        )
        const read = await group.read(dave, messageOf(carol, text))
        must(read === text, `carol says ${JSON.stringify(text)}, and dave reads ${JSON.stringify(read)}.`)
      }
    },
  },
  {
    name: 'a new member cannot read what was said before',
    why: 'who is let in today need not know what was said about it yesterday. The server has recorded all of it.',
    async check(group) {
      const owner = group.owner()
      const said = messageOf(owner, BEFORE)
      const { owner: after } = await group.add(owner, 'erin', key())
      const read = reads(guesses(after.key, owner.epoch), said)
      must(
        !read,
        equal(after.key, owner.key)
          ? 'after add the key is the same as before.'
          : 'the key of before can be computed from the one that a new member gets.',
        () => `erin has come today, and has read what was said yesterday: "${read?.text}".`,
      )
    },
  },
  {
    name: 'a removed member cannot read what is said afterwards',
    why: "bob's program keeps what it knows: the key of before, his pair key, and every commit. He also has your program.",
    async check(group) {
      const owner = group.owner()
      const { owner: after, commit } = await group.remove(owner, 'bob')
      const said = messageOf({ ...after, epoch: commit.epoch }, AFTER)
      const stolen = ({ how, text }: { how: string; text: string }) =>
        must(false, `bob has the key after he was removed: ${how}.`, () => {
          return `bob was removed, and has read the next message all the same: "${text}".`
        })
      const his = guesses(owner.key, commit.epoch)
      for (const [how, one] of [...his]) {
        const other = Uint8Array.from(owner.members.bob ?? EMPTY)
        his.push([`${how}, and bob's pair key`, one.map((byte, i) => byte ^ (other[i] ?? 0))])
      }
      const read = reads(his, said)
      if (read) stolen(read)
      // He runs the same program, with the key he has, and pair keys and randomness of his own.
      const own = { ...owner, members: { bob: owner.members.bob ?? EMPTY, carol: key(), dave: key() } }
      const computed = reads(
        [['his own run of your program made it', (await group.remove(own, 'bob')).owner.key]],
        said,
      )
      if (computed) stolen(computed)
      // Somebody removed long ago has heard all that was said since.
      const { owner: later, commit: next } = await group.remove(after, 'dave')
      const again = reads([...guesses(owner.key, next.epoch), ...guesses(after.key, next.epoch)], {
        ...messageOf(later, AFTER),
      })
      if (again) stolen(again)
    },
  },
]
