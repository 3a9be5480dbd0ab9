/** The peer: reads every file of a folder, makes its tree with the TypeScript 5 compiler API, and walks every node. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5'

const [folder] = process.argv.slice(2)
let found = 0
for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), 'utf8')
  const walk = (node) => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === 'setCustomClaim'
    ) {
      found++
    }
    ts.forEachChild(node, walk)
  }
  walk(ts.createSourceFile(name, text, ts.ScriptTarget.Latest))
}
console.log(found)
