// The list of messages. It adds lines once per animation frame, removes old lines, follows the newest line until the reader
// scrolls up, and marks messages that come while the reader is away.

import { texts } from './i18n.js';
import { messageLine, ruleLine, systemLine } from './line.js';

const MAX_LINES = 2000; // kept in the page
const SLACK = 100; // lines above MAX_LINES, so that not every new line removes an old one
const LINES_A_FRAME = 250;
const NEAR_BOTTOM_PX = 48; // this close to the end counts as "at the end"
const GROUP_MS = 5 * 60 * 1000; // a longer silence shows the name again
const HIDDEN_MS = 200; // a hidden page has no animation frames

export class Log {
  #scroller = document.getElementById('messages');
  #list = document.getElementById('lines');
  #jump = document.getElementById('jump');
  #jumpText = document.getElementById('jump-text');
  #waiting = []; // lines that are not in the page yet
  #scheduled = false;
  #last = null; // the line added last
  #marker = null; // the element of the unread marker
  #unread = 0;
  #following = true;
  #endTop = 0;
  #onUnread;

  // Calls `onUnread` with the number of unread messages.
  constructor(onUnread) {
    this.#onUnread = onUnread;
    this.#setFollowing(true);
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    document.addEventListener('visibilitychange', () => this.#shown());
    // A phone's keyboard, a rotation or a banner changes the height of the log. A font that loads late changes the height of
    // the lines.
    const resized = new ResizeObserver(() => {
      if (this.#following) this.#scrollToEnd();
    });
    resized.observe(this.#scroller);
    resized.observe(this.#list);
  }

  // A new message.
  message(data, author) {
    this.#notice(author);
    this.#add({ type: 'message', data, author, time: new Date() });
  }

  // A missed message that came late. `time` is when it was sent, or null.
  late(data, author, time) {
    this.#notice(author);
    this.old(data, author, time);
  }

  // A message from before the reader entered.
  old(data, author, time) {
    this.#add({ type: 'message', data, author, time });
  }

  system(kind, text, detail = '') {
    this.#add({ type: 'system', kind, text, detail, time: new Date() });
  }

  rule(kind, text) {
    this.#add({ type: 'rule', kind, text });
  }

  clear() {
    this.#waiting = [];
    this.#last = null;
    this.#marker = null;
    this.#list.replaceChildren();
    this.#setUnread(0);
    this.#setFollowing(true);
  }

  toEnd() {
    this.#setFollowing(true);
    this.#schedule();
  }

  // ---- Lines ----

  #add(line) {
    this.#waiting.push(line);
    // The page would remove lines above MAX_LINES at once, so drop them here.
    if (this.#waiting.length > 2 * MAX_LINES) this.#waiting.splice(0, this.#waiting.length - MAX_LINES);
    this.#schedule();
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const flush = () => {
      this.#scheduled = false;
      this.#flush();
    };
    if (document.hidden) setTimeout(flush, HIDDEN_MS);
    else requestAnimationFrame(flush);
  }

  #flush() {
    const some = this.#waiting.splice(0, LINES_A_FRAME);
    if (some.length) {
      const fragment = document.createDocumentFragment();
      for (const line of some) fragment.append(this.#element(line));
      this.#list.append(fragment);
      this.#trim();
    }
    if (this.#following) this.#scrollToEnd();
    if (this.#waiting.length) this.#schedule();
  }

  #trim() {
    const excess = this.#list.childElementCount - MAX_LINES;
    if (excess <= SLACK) return;
    const range = document.createRange();
    range.setStart(this.#list, 0);
    range.setEnd(this.#list, excess);
    range.deleteContents();
  }

  #element(line) {
    const last = this.#last;
    this.#last = line;
    if (line.type === 'system') return systemLine(line);
    if (line.type === 'message') return messageLine(line, !continues(line, last));
    const rule = ruleLine(line);
    if (line.kind === 'new') {
      this.#marker?.remove();
      this.#marker = rule;
    }
    return rule;
  }

  // ---- Unread messages ----

  #away() {
    return document.hidden || !this.#following;
  }

  #notice(author) {
    if (author.own || !this.#away()) return;
    if (this.#unread === 0) this.rule('new', texts.newMessages);
    this.#setUnread(this.#unread + 1);
  }

  #setUnread(count) {
    this.#unread = count;
    this.#jumpText.textContent = texts.jump(count);
    this.#onUnread(count);
  }

  #shown() {
    if (document.hidden) return;
    this.#flush();
    this.#seen();
  }

  #seen() {
    if (!this.#away() && this.#unread > 0) this.#setUnread(0);
  }

  // ---- Scrolling ----

  #setFollowing(value) {
    this.#following = value;
    this.#scroller.classList.toggle('following', value);
    this.#jump.hidden = value;
    if (!value) this.#jumpText.textContent = texts.jump(this.#unread);
    this.#seen();
  }

  #scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#endTop = this.#scroller.scrollTop;
  }

  // Lines can come faster than scroll events. So compare with the end at the page's last scroll: lines that were added since
  // then must not look as if the reader had scrolled up.
  #scrolled() {
    const { scrollHeight, clientHeight, scrollTop } = this.#scroller;
    if (scrollHeight - clientHeight - scrollTop <= NEAR_BOTTOM_PX) {
      if (!this.#following) this.#setFollowing(true);
    } else if (this.#following && scrollTop < this.#endTop - NEAR_BOTTOM_PX) {
      this.#setFollowing(false);
    }
  }
}

// Returns true if the line continues a group: a message of the same person, soon after the line before it.
function continues(line, last) {
  return last?.type === 'message' && last.author.client === line.author.client
    && last.author.name === line.author.name
    && Math.abs((line.time ?? 0) - (last.time ?? 0)) < GROUP_MS;
}
