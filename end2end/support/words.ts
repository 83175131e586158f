import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the product says in one language and never in the other: read from where the texts are declared. */
export interface Words {
  zh: Set<string>;
  en: Set<string>;
}

/** Words that are data as well: a person's title, a kind of product or unit in the demo bank. */
const ALSO_DATA = /^(总行|分行|支行|网点|营业部|活期|定期|理财|贷款|基金|保险|信用卡|电话|拜访|微信|短信|邮件|回访|Guanhu|管户)$/;

/** Every pair `"中文" | "English"` below `app`, without those that take values. */
export function words(): Words {
  const zh = new Set<string>();
  const en = new Set<string>();
  const visit = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) visit(path);
      else if (name.endsWith('.rs')) {
        for (const [, chinese, english] of readFileSync(path, 'utf8').matchAll(/"((?:[^"\\]|\\.)*)" \| "((?:[^"\\]|\\.)*)";/g)) {
          if (chinese === undefined || english === undefined || chinese === english || chinese.includes('{')) continue;
          if (/[\u4e00-\u9fff]/.test(chinese) && chinese.length > 1 && !ALSO_DATA.test(chinese)) zh.add(chinese);
          if (/^[A-Za-z].*[a-z]/.test(english) && english.length > 3 && !ALSO_DATA.test(english)) en.add(english);
        }
      }
    }
  };
  visit(join(__dirname, '../../app'));
  // What is said alike in both is of neither.
  for (const word of [...zh]) if (en.has(word)) zh.delete(word);
  return { zh, en };
}
