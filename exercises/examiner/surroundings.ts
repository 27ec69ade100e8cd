/**
 * What a student's program can see of where it runs. None of it says that it is being graded: it looks like some user's program, at
 * another place each time it is started, so that what depends on it shows.
 *
 * @module
 */

interface Surroundings {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const PLACES: readonly Surroundings[] = [
  {
    argv: ['/usr/bin/node', '/home/alice/talk/main.js', 'bob'],
    env: {
      HOME: '/home/alice',
      USER: 'alice',
      LANG: 'en_GB.UTF-8',
      PATH: '/usr/local/bin:/usr/bin:/bin',
      TERM: 'xterm-256color',
      SHELL: '/bin/bash',
    },
  },
  {
    argv: ['C:\\Program Files\\nodejs\\node.exe', 'C:\\Users\\carol\\message.mjs'],
    env: {
      USERNAME: 'carol',
      HOMEPATH: '\\Users\\carol',
      OS: 'Windows_NT',
      NODE_ENV: 'development',
      DEBUG: '*',
    },
  },
  {
    argv: ['/opt/node/bin/node', '/srv/messenger/server.js', '--port', '4000'],
    env: {
      HOME: '/var/lib/messenger',
      USER: 'messenger',
      PATH: '/usr/bin:/bin',
      NODE_ENV: 'production',
      TZ: 'UTC',
    },
  },
]

/** @param start - which start of the program this is, from 0. */
export function surround(start: number): void {
  const { argv, env } = PLACES[start % PLACES.length] as Surroundings
  process.argv = [...argv]
  process.execArgv = []
  process.env = { ...env }
  process.title = 'node'
}
