import { render } from 'preact';
import { expect, test } from 'vitest';
import corpus from '../../../tests/EndToEnd/xss.json';
import { MessageText } from '../src/parts/MessageText.tsx';

function shown(text: string, names: string[] = []): HTMLElement {
  const box = document.createElement('div');
  render(<MessageText text={text} names={names} />, box);
  return box;
}

test.each(corpus)('%s is shown as text', text => {
  const box = shown(text);
  expect(box.textContent).toBe(text);
  expect([...box.querySelectorAll('.text *')].every(at => at.tagName === 'A' && at.getAttribute('href')!.startsWith('https://'))).toBe(true);
});

test('addresses become links, and called names stand out', () => {
  const box = shown('See https://example.org/a?b=c. @bob, (http://example.org)', ['bob']);
  expect([...box.querySelectorAll('a')].map(at => at.getAttribute('href'))).toEqual(['https://example.org/a?b=c', 'http://example.org']);
  expect(box.querySelector('.mention')!.textContent).toBe('@bob');
});
