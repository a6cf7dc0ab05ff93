// Elements for the lines of the list of messages. Text is always inserted as text, never as markup.

import { language, texts } from './i18n.js';
import { avatar, nameTag } from './person.js';

const locale = language === 'en' ? 'en-GB' : 'zh-TW';
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const calendar = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });

function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function timeOf(date) {
  const time = part('time', '', clock.format(date));
  time.dateTime = date.toISOString();
  time.title = calendar.format(date);
  return time;
}

function textOf(text) {
  const body = part('span', 'text', text);
  body.dir = 'auto';
  return body;
}

// A readable text for published data, which may come from another program.
export function readable(data) {
  if (typeof data === 'string') return { text: data, kind: 'plain' };
  if (typeof data?.base64 === 'string' && Object.keys(data).length === 1) {
    const size = Math.floor(data.base64.replace(/=+$/, '').length * 3 / 4);
    return { text: texts.binary(size), kind: 'binary' };
  }
  return { text: JSON.stringify(data) ?? 'null', kind: 'data' };
}

// A message of a person. `leads`: it is the first of this person's messages in a row.
export function messageLine({ data, author, time }, leads) {
  const { text, kind } = readable(data);
  const line = document.createElement('li');
  line.className = `message ${kind}${author.own ? ' own' : ''}${leads ? ' leads' : ''}`;
  if (leads && !author.own) line.append(avatar(author));
  line.append(nameTag(author, `name ${author.hue}`), textOf(text));
  if (time) line.append(timeOf(time));
  return line;
}

// A message of the page or the server.
export function systemLine({ kind, text, detail, time }) {
  const line = document.createElement('li');
  line.className = `system ${kind}`;
  line.append(textOf(text));
  if (time) line.append(timeOf(time));
  if (detail) line.append(part('span', 'detail', detail));
  return line;
}

// A horizontal rule with a label for the messages above or below it.
export function ruleLine({ kind, text }) {
  const line = document.createElement('li');
  line.className = `rule ${kind}`;
  line.append(part('span', 'label', text));
  return line;
}
