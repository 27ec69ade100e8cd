/** Sends a file into a directory: a child process of attributes.test.ts, with an umask of its own. */

import { takeInto } from '../../../src/files/by-path.ts'
import { sourceOf } from '../../../src/files/outgoing-tree.ts'
import { receiveItems, sendItems } from '../../../src/lib/transfer/index.ts'
import { pair } from '../transfer-memory.ts'

const [path = '', inbox = ''] = process.argv.slice(2)
const source = await sourceOf(path, { skipped() {} })
const [alices, bobs] = pair()
await Promise.all([sendItems(alices, [source]), receiveItems(bobs, takeInto(inbox, 'alice').take)])
