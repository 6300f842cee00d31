// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConversationFold } from '../src/folding/conversationFold.ts';
import type { Entry } from '../src/types.ts';

// tests/data/fold-vectors.json, which every SDK must pass.
const file = JSON.parse(readFileSync(new URL('../../../../tests/data/fold-vectors.json', import.meta.url), 'utf8'));

function run(vector: any): ConversationFold {
  const fold = new ConversationFold(vector.me, vector.keepEntries);
  for (const step of vector.steps) {
    const [[name, value]] = Object.entries<any>(step) as [[string, any]];
    switch (name) {
      case 'conversation': fold.applyState(value); break;
      case 'entry': expect(fold.apply(value)).toBe(step.outcome); break;
      case 'page': expect(fold.applyPage(value)).toBe(step.outcome); break;
      case 'history': expect(fold.applyHistory(value, step.wanted)).toBe(step.mended); break;
      case 'older': fold.applyOlder(value); break;
      case 'me': fold.applyMe(value); break;
      case 'marks': fold.applyMarks(value); break;
      default: throw new Error(`There is no step ${name}.`);
    }
  }
  return fold;
}

function row({ seq, changed, editedAt, isDeleted, isPinned, reactions, kind, body }: Entry) {
  const text = kind === 'message' ? body?.text : undefined;
  return JSON.parse(JSON.stringify({ seq, changed, editedAt: editedAt && new Date(editedAt).toISOString(), isDeleted, isPinned, reactions, text }));
}

function compare(fold: ConversationFold, expected: any): void {
  for (const [part, value] of Object.entries<any>(expected)) {
    switch (part) {
      case 'have': expect(fold.have).toBe(value); break;
      case 'unread': expect(fold.state.me.unread).toBe(value); break;
      case 'gaps': expect(fold.gaps).toEqual(value); break;
      case 'timeline':
        expect(fold.timeline.map(row)).toEqual(value.map((one: any) => ({ ...one, ...(one.editedAt ? { editedAt: new Date(one.editedAt).toISOString() } : {}) })));
        break;
      case 'state': contains(fold.state, value); break;
      case 'me': contains(fold.state.me, value); break;
      default: throw new Error(`There is no expectation ${part}.`);
    }
  }
}

function contains(actual: any, expected: any): void {
  if (expected === null) {
    expect(actual).toBeUndefined();
  } else if (Array.isArray(expected)) {
    expect(actual).toHaveLength(expected.length);
    expected.forEach((one, i) => contains(actual[i], one));
  } else if (typeof expected === 'object') {
    for (const [name, value] of Object.entries(expected)) {
      contains(actual?.[name], value);
    }
  } else {
    expect(actual).toBe(expected);
  }
}

describe('the folding vectors', () => {
  test.each(file.vectors.map((vector: any) => [vector.name, vector]))('%s', (_, vector: any) => compare(run(vector), vector.expect));

  test('a vector with another expectation fails', () => {
    const wrong = { have: 3, timeline: [{ seq: 1 }, { seq: 2, text: 'b' }, { seq: 3, text: 'b' }] };
    expect(() => compare(run(file.vectors[0]), wrong)).toThrow();
  });
});
