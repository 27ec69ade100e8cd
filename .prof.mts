const root = process.argv[2]
const { gradeFile } = await import(root + '/exercises/examiner/grading.ts')
const { grader } = await import(root + '/exercises/05-the-message/grader.ts')
const folder = root + '/exercises/05-the-message'
const timed = { ...grader, properties: grader.properties.map((p: any) => ({ ...p, async check(m: any) { const c = process.cpuUsage(); const t = performance.now(); const n = m.outcomes.length; try { await p.check(m) } finally { const d = process.cpuUsage(c); console.log(String(Math.round((d.user+d.system)/1000)).padStart(5), 'ms cpu', String(Math.round(performance.now()-t)).padStart(6), 'ms', String(m.outcomes.length-n).padStart(4), p.name) } } })) }
const c = process.cpuUsage()
const g = await gradeFile(timed, { file: folder + '/solution/message.ts', within: folder }, { first: false, timeLimitSec: 20 })
const d = process.cpuUsage(c)
console.log('grader cpu', Math.round((d.user+d.system)/1000), g.findings.filter((f: any) => f.problem))
process.exit(0)
