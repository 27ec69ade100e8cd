/**
 * What a link to a KDC needs of undici, as undici's own index.js puts it together: the whole, with its fetch, WebSocket, mocks and caches,
 * takes three times as long to load. The command is bundled with it, and the sources run with it (`paths` in tsconfig.json).
 *
 * @module
 */
import api from 'undici/lib/api/index.js'
import buildConnector from 'undici/lib/core/connect.js'
import Agent from 'undici/lib/dispatcher/agent.js'
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
import type undici from '../node_modules/undici/index.js'

Object.assign(Dispatcher.prototype, api)

const parts: Pick<typeof undici, 'Agent' | 'buildConnector'> = { Agent, buildConnector }

export type { Dispatcher } from '../node_modules/undici/index.js'
export default parts
