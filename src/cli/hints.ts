/** What to do next, for each of the library's errors where there is something to do. */
import { isIP, isIPv6 } from 'node:net'
import { SymbolonError } from '../lib/errors.ts'
import { USERNAME } from '../lib/names.ts'
import { commandOf } from './installed.ts'
import { DEFAULT_KDC } from './login/kdc-url.ts'
import { knownKdcsPath } from './login/known-kdcs.ts'
import { isOfThisMachine } from './own-addresses.ts'

const REJOIN = `take your place in it again: ${commandOf('group')} NAME rejoin GROUP, or --with USER`

const HINTS = new Map<string, string>(
  Object.entries({
    account_exists: `choose another name; the KDC's administrator gives it another password with: ${commandOf('kdc')} passwd NAME`,
    account_unknown: `${commandOf('kdc')} users lists the accounts`,
    channel_truncated: 'the message may or may not have arrived; send it again if in doubt',
    file_not_private:
      'take it from the others: chmod 600 for a file, chmod 700 for a directory, chown for an owner',
    file_changed: 'send it again when it is not written to, or send a copy',
    file_not_readable: 'what follows --file are files and directories; a message stands before --file',
    file_not_saved: 'nothing is lost: make room, or name another directory with --output, and read again',
    group_exists: 'choose another name',
    group_replaced: `${commandOf('group')} NAME members GROUP shows who is in it; then send again`,
    group_unknown: `${commandOf('group')} NAME list shows the groups; the admin of one adds you`,
    history_damaged: REJOIN,
    history_forked: REJOIN,
    invalid_name: 'for example: alice, bob-2, print.server',
    invitation_refused: `the KDC's administrator makes another with: ${commandOf('kdc')} invite NAME`,
    invitation_required: `the KDC's administrator makes one with: ${commandOf('kdc')} invite NAME`,
    invitation_unknown: `look at it again, letter by letter; the KDC's administrator makes another with: ${commandOf('kdc')} invite NAME`,
    kdc_busy: 'try again in a few seconds',
    key_file_damaged: 'restore it from a backup',
    key_file_missing: 'restore it from a backup, or start with an empty data directory',
    login_refused: `check the name, the password and the KDC; an account is made with: ${commandOf('register')} NAME`,
    member_unverified:
      'ask the admin of the group, or the other one, who is in it, and why; then rejoin it, or leave',
    message_too_large: 'send it in smaller pieces',
    not_allowed: `${commandOf('group')} NAME members GROUP says who the admin is`,
    peer_unreachable: 'the receiver may have stopped without a word; try again when it is back',
    plaintext_refused:
      'from afar, sign up with an invitation, or over https; everything else goes sealed by itself',
    quota_exceeded:
      'room is made when others read the stored messages, and when files expire: after 7 days, unless the KDC says otherwise',
    port_unavailable:
      'choose others with --host and --port; without them, it is any free port that this machine alone can reach',
    receiver_unknown: `no account, or one that has never logged in: check the spelling; accounts are made with: ${commandOf('kdc')} adduser NAME`,
    registration_closed: `the KDC's administrator makes accounts with: ${commandOf('kdc')} adduser NAME`,
    state_busy: 'another of your tools is at work on it; try again in a moment',
    state_damaged:
      'put its directory aside by renaming it, NAME to NAME~1: nothing is deleted, older messages are out of reach, groups are joined again',
    state_locked:
      'only the password of before opens it, and the KDC has forgotten it. Put the directory aside by renaming it, NAME to NAME~1: nothing is deleted, older messages are out of reach, groups are joined again',
    state_unavailable: 'is the disk full, or can it not be written to? Nothing is lost; try again',
    version_unknown: 'one of the two sides has an older program: both need the same version',
    too_many_attempts: 'wait as long as the message says; a right password works then',
  }),
)

export function hintFor(error: unknown): string | undefined {
  if (!(error instanceof SymbolonError)) return undefined
  return BY_MESSAGE.get(error.code)?.(error.message) ?? HINTS.get(error.code)
}

/** What depends on more than the code. */
const BY_MESSAGE = new Map<string, (message: string) => string | undefined>([
  ['kdc_unreachable', whereIsTheKdc],
  ['kdc_key_changed', howToTakeTheKey],
  ['file_not_readable', howToSend],
  ['listener_unreachable', whereToListen],
  ['receiver_offline', howToReceive],
])

// Where the file is, is asked for now: it may be nowhere.
function howToTakeTheKey(message: string): string {
  if (message.endsWith(' was given')) {
    return 'ask the operator for the key; what is given is --kdc-key, or the one in the keytab'
  }
  return `ask the operator for the key; if it is right, take the old line out of ${knownKdcsPath()}`
}

function whereToListen(message: string): string {
  const [, there = ''] = / sends others to \[?([^\]]*?)\]?:\d+$/.exec(message) ?? []
  // At another machine's address, which is passed on to this one, nothing here can listen.
  const everywhere = isIPv6(there) ? '::' : '0.0.0.0'
  const host = isIP(there) > 0 && isOfThisMachine(there) ? there : everywhere
  return `--host ${host} listens where it sends them; or reach the KDC another way, with --kdc URL`
}

// The KDC says who, in words that it chooses: of them no more than a name is taken.
function howToReceive(message: string): string {
  const [, name = ''] = /(\S+) is not listening anywhere/.exec(message) ?? []
  const receiver = name.replace(/^"/, '')
  return `start its receiver: ${commandOf('receive')} ${USERNAME.test(receiver) ? receiver : 'NAME'}`
}

function howToSend(message: string): string | undefined {
  if (message.includes(': it is a directory: ')) {
    return `directories go straight to a receiver: ${commandOf('send')} NAME RECEIVER --file DIR`
  }
  if (!/: it is not a regular file|: it does not say how large it is/.test(message)) return undefined
  return `what a program or a device gives is sent as standard input: PROGRAM | ${commandOf('send')} NAME RECEIVER --file - --name FILE`
}

// One on this machine is easily started; a user who named another meant that one.
function whereIsTheKdc(message: string): string {
  if (message.includes(' certificate')) {
    return "nothing was sent to what answers there: ask the KDC's administrator about its certificate"
  }
  if (message.includes('hung up') && message.includes(' KDC at http://')) {
    return 'if it serves over TLS, ask it so: --kdc or SYMBOLON_KDC with https:// in place of http://'
  }
  const start = message.includes(`${DEFAULT_KDC}:`) ? `; ${commandOf('kdc')} --demo starts one` : ''
  return `is the KDC running at this URL? --kdc URL or SYMBOLON_KDC names another${start}`
}
