import { readdirSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
const root = process.argv[2]
const only = process.argv.slice(3)
const { gradeFile } = await import(root + '/exercises/examiner/grading.ts')
const { grader } = await import(root + '/exercises/05-the-message/grader.ts')
const folder = root + '/exercises/05-the-message'
const files = [...readdirSync(folder + '/mistakes').filter(f=>f.endsWith('.ts')).map(f=>'mistakes/'+f), ...(existsSync(folder+'/variants')?readdirSync(folder + '/variants').filter(f=>f.endsWith('.ts')).map(f=>'variants/'+f):[])]
let bad = 0
for (const f of files) {
  if (only.length && !only.some(o=>f.includes(o))) continue
  const file = join(folder, f)
  const src = (await import('node:fs')).readFileSync(file,'utf8')
  const mm = src.match(/breaks =\s*(?:'([^']*)'|"([^"]*)")/)
  const want = mm ? (mm[1] ?? mm[2]) : undefined
  const t = performance.now(); const c = process.cpuUsage()
  const g = await gradeFile(grader, { file, within: folder, everyTool: true }, { first: true, timeLimitSec: 20 })
  const miss = g.findings.find(x => x.problem !== undefined)
  const ok = miss?.property === want
  if (!ok) bad++
  console.log(`${ok?'ok ':'BAD'} ${f} ${Math.round(performance.now()-t)}ms`)
  if (!ok) console.log(`      want ${want}\n      got  ${miss?.property}`)
  if (miss) console.log(`      ${miss.problem}${miss.loot ? `\n      LOOT ${miss.loot}` : ''}`)
}
console.log(bad, 'bad of', files.length)
process.exit(0)
