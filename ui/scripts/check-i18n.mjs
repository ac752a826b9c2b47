// Both languages hold the same keys with the same {{placeholders}}, and every key the code asks for exists.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const read = (lang) => JSON.parse(readFileSync(join(root, `src/i18n/${lang}.json`), "utf8"));
const flat = (o, at = "") => Object.entries(o).flatMap(([k, v]) => (typeof v === "string" ? [[at + k, v]] : flat(v, `${at}${k}.`)));
const zh = new Map(flat(read("zh")));
const en = new Map(flat(read("en")));
const holes = (s) => [...s.matchAll(/{{\s*(\w+)/g)].map((m) => m[1]).sort().join();
const faults = [];

for (const [key, text] of zh) {
  if (!en.has(key)) faults.push(`en.json lacks ${key}`);
  else if (holes(text) !== holes(en.get(key))) faults.push(`${key}: placeholders differ`);
  if (!text.trim()) faults.push(`zh.json: ${key} is empty`);
}
for (const [key, text] of en) {
  if (!zh.has(key)) faults.push(`zh.json lacks ${key}`);
  if (!text.trim()) faults.push(`en.json: ${key} is empty`);
}

const sources = readdirSync(join(root, "src"), { recursive: true }).filter((f) => /\.tsx?$/.test(f));
const used = new Set();
for (const file of sources) {
  const text = readFileSync(join(root, "src", file), "utf8");
  for (const [, key] of text.matchAll(/\bt\(\s*"([\w.]+)"/g)) {
    used.add(key);
    if (!zh.has(key)) faults.push(`${file} asks for ${key}, which no language has`);
  }
  for (const [, key] of text.matchAll(/"(\w+\.[\w-]+)"/g)) used.add(key); // t(yes ? "a.b" : "a.c")
  // `group.${x}`: the whole group counts as used
  for (const [, group] of text.matchAll(/`([\w.]+)\.\$\{/g)) {
    for (const key of zh.keys()) if (key.startsWith(`${group}.`)) used.add(key);
  }
}
for (const key of zh.keys()) if (!used.has(key)) faults.push(`${key} is used nowhere`);

if (faults.length) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(`${zh.size} strings in both languages`);
