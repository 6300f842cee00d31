import type { PushContent, PushLevel, TracedStep } from '../../sdk/src/index.ts';

export const LEVELS: [PushLevel, string][] = [['all', 'Every message'], ['mentions', 'Mentions and direct messages'], ['nothing', 'Nothing']];
export const OWN_LEVELS: [PushLevel, string][] = [['all', 'Every message'], ['mentions', 'Mentions'], ['nothing', 'Nothing']];
export const CONTENTS: [PushContent, string][] = [['full', 'Who wrote, and what'], ['sender', 'Who wrote'], ['id', 'Only that there is something']];

const REASONS: Record<string, string> = {
  deleted: 'it was deleted', not_visible: 'you may not see it', blocked: 'one of you has blocked the other', muted: 'the conversation is muted', level: 'you chose to be told of less',
  do_not_disturb: 'you are not to be disturbed', quiet_hours: 'it was in your quiet hours', read: 'you had read it', late: 'it was too late', delivered: 'another device had it',
  active: 'you were at another device', subscription_gone: 'the device was removed',
};

/** A step of what became of a message, in words. */
export function stepWords({ step, detail }: Pick<TracedStep, 'step' | 'detail'>): string {
  const answer = detail ? ` (${detail})` : '';
  switch (step) {
    case 'suppressed': return `Not sent: ${REASONS[detail ?? ''] ?? detail ?? 'no reason given'}`;
    case 'queued': return detail === 'waits_for_device' ? 'Waits a moment: you are at another device' : 'To be sent';
    case 'collapsed': return 'Became one with a later message';
    case 'tried': return `The push service did not take it${answer}`;
    case 'sent': return 'The push service has it';
    case 'shown': return 'Shown on the device';
    case 'gone': return 'The push service says that the device is gone';
    case 'expired': return 'Given up: too old';
    case 'dead': return `Given up${answer}`;
    default: return step;
  }
}
