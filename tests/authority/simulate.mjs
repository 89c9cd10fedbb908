// Judges IAM requests with an evaluator that others wrote. One simulation per line of standard input, as JSON;
// one verdict per line of standard output: "Allowed", "ImplicitlyDenied" or "ExplicitlyDenied", or "error: ...".
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

for await (const line of createInterface({ input: process.stdin })) {
  const result = await runSimulation(JSON.parse(line), {})
  const verdict = result.resultType === 'error' ? `error: ${JSON.stringify(result.errors)}` : result.overallResult
  console.log(verdict ?? `unknown shape: ${JSON.stringify(Object.keys(result))}`)
}
