import { expect, test } from 'vitest';
import { withOpus } from '../src/calls/peer.ts';

const media = (lines: string[]) => ['v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 111 0', 'a=rtpmap:111 opus/48000/2', ...lines, 'a=rtpmap:0 PCMU/8000', ''].join('\r\n');

test('Opus is asked for error correction, silence and 20 ms, whatever the browser had written', () => {
  const wanted = media(['a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1', 'a=ptime:20']);
  expect(withOpus(media(['a=fmtp:111 minptime=10;useinbandfec=1']))).toBe(wanted);
  expect(withOpus(media([]))).toBe(wanted);
  expect(withOpus(wanted)).toBe(wanted);
  expect(withOpus('v=0\r\nm=audio 9 RTP/AVP 0\r\n')).toBe('v=0\r\nm=audio 9 RTP/AVP 0\r\n');
});
