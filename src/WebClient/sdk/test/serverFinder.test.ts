import { describe, expect, it } from 'vitest';
import type { ChatApi } from '../src/api.ts';
import { findServers } from '../src/connecting/serverFinder.ts';
import { ChatProblem } from '../src/problem.ts';

const answering = (findServer: () => unknown) => ({ findServer: async () => findServer() }) as unknown as ChatApi;
const given = 'https://chat.example.org/path';

describe('findServers', () => {
  it('tries what is recommended, the alternatives, and at the end what was given', async () => {
    const api = answering(() => ({ url: 'https://a.example.org', ttlSeconds: 30, alternatives: [{ url: 'https://b.example.org:8443/' }, { url: '' }] }));
    expect(await findServers(api, given)).toEqual(['https://a.example.org', 'https://b.example.org:8443', 'https://chat.example.org']);
  });

  it('stays with what was given when the server names itself', async () => {
    expect(await findServers(answering(() => ({ url: '', ttlSeconds: 30, alternatives: [] })), given)).toEqual(['https://chat.example.org']);
  });

  it('never goes from a protected address to an open one, nor to what is no address', async () => {
    const api = answering(() => ({ url: 'http://a.example.org', ttlSeconds: 30, alternatives: [{ url: 'javascript:alert(1)' }, { url: 'nonsense' }] }));
    expect(await findServers(api, given)).toEqual(['https://chat.example.org']);
    expect(await findServers(api, 'http://chat.example.org')).toEqual(['http://a.example.org', 'http://chat.example.org']);
  });

  it('takes what was given when the server is older or cannot say', async () => {
    const older = answering(() => { throw new ChatProblem({ code: 'no_such_endpoint', status: 404 }); });
    expect(await findServers(older, given)).toEqual([given]);
    expect(await findServers(answering(() => { throw new Error('away'); }), given)).toEqual([given]);
  });

  it('says when there is no server now', async () => {
    const problem = { code: 'no_server', retryable: true, retryAfterMs: 2500 };
    expect(await findServers(answering(() => { throw new ChatProblem(problem); }), given)).toEqual(problem);
  });
});
