/**
 * The tools by the names that the installed command `symbolon` gives them, and how each is begun: from sources as a file of its
 * own, through tsx; installed, where everything is built into JavaScript, as `symbolon NAME`.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SOURCES = {
  kdc: 'kdc/main.ts',
  send: 'sender.ts',
  receive: 'receiver.ts',
  group: 'group.ts',
  users: 'users.ts',
  login: 'login.ts',
  logout: 'logout.ts',
  whoami: 'whoami.ts',
  register: 'register.ts',
  passwd: 'passwd.ts',
  sessions: 'sessions.ts',
  doctor: 'doctor.ts',
  demo: 'demo.ts',
} as const

/** What comes after `symbolon`. */
export type ToolName = keyof typeof SOURCES

// The sources are TypeScript, and nothing else is.
const INSTALLED = !import.meta.url.endsWith('.ts')

/** Of the package. */
export function version(): string {
  const file = new URL(INSTALLED ? '../package.json' : '../../package.json', import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')).version
}

/**
 * What a person types to begin a tool: `npx tsx src/sender.ts`, or `symbolon send`. For usage lines and hints.
 *
 * @param options.silent - npm may not add lines of its own to what goes to a file.
 */
export function commandOf(tool: ToolName, options: { silent?: boolean } = {}): string {
  if (INSTALLED) return `symbolon ${tool}`
  // These two have a script in package.json.
  if (tool === 'kdc' || tool === 'demo') return `npm run ${options.silent ? '--silent ' : ''}${tool} --`
  return `npx tsx src/${SOURCES[tool]}`
}

/** What Node is to be started with for a tool to run: options, the file, arguments. */
export function argumentsFor(tool: ToolName): string[] {
  if (INSTALLED) return [fileURLToPath(new URL('./symbolon.mjs', import.meta.url)), tool]
  const file = fileURLToPath(new URL(`../${SOURCES[tool]}`, import.meta.url))
  return ['--import', import.meta.resolve('tsx'), file]
}
