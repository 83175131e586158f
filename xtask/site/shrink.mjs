// Shrinks WebAssembly modules, each in its place: their paths come on standard input, one a line, and go out again
// when they are done. One process for many: starting the optimiser takes longer than a small module does.
// With --names functions keep theirs.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

// It warns of names that later tools know and it does not; they are dropped anyway.
const error = console.error;
console.error = (text) => String(text).startsWith('warning:') || error(text);
const { default: binaryen } = await import('binaryen');

const { BulkMemory, BulkMemoryOpt, ReferenceTypes, Multivalue, SignExt, NontrappingFPToInt, MutableGlobals } = binaryen.Features;
// Without the features that rustc's code uses the module is refused; with all of them the result uses some that
// browsers refuse.
const features = BulkMemory | BulkMemoryOpt | ReferenceTypes | Multivalue | SignExt | NontrappingFPToInt | MutableGlobals;
binaryen.setOptimizeLevel(2);
binaryen.setShrinkLevel(2);
binaryen.setOptimizeStackIR(true);
binaryen.setDebugInfo(process.argv.includes('--names'));

for await (const file of createInterface({ input: process.stdin })) {
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(features);
  module.optimize();
  writeFileSync(file, module.emitBinary());
  module.dispose();
  console.log(file);
}
