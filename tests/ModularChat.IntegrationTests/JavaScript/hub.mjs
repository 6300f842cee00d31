// Microsoft's JavaScript client on /hubs/chat. Speaks with HubJavaScriptTests.cs in lines: JSON in, JSON out.
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const read = async () => JSON.parse((await lines.next()).value);
const say = (step, more) => console.log(JSON.stringify({ step, ...more }));

const { url, token, conversationId, transport } = await read();
const entries = new Map(); // by seq: what the conversation folds to
let doubled = 0;
let cursor;
let newest = 0;
let covered = 0; // the newest entry that the cursor promises
let waiting = [];

function seen(entry, live) {
  if (entry.conversationId !== conversationId) return;
  if (live && entries.has(entry.seq)) doubled++;
  entries.set(entry.seq, entry);
  newest = Math.max(newest, entry.seq);
}

function take(frame) {
  if (frame.type === "entry") seen(frame.entry, true);
  if (frame.type === "sync") frame.conversations.forEach(one => one.entries.forEach(entry => seen(entry, false)));
  if (frame.cursor) [cursor, covered] = [frame.cursor, newest];
  waiting = waiting.filter(one => !one(frame));
}

const until = test => new Promise(done => waiting.push(frame => test(frame) && (done(frame), true)));

async function connect() {
  const hub = new HubConnectionBuilder()
    .withUrl(`${url}hubs/chat`, { accessTokenFactory: () => token, transport: HttpTransportType[transport] })
    .configureLogging(LogLevel.None)
    .build();
  hub.on("frame", take);
  const closed = new Promise(done => hub.onclose(error => done(error?.message ?? null)));
  await hub.start();
  const live = until(frame => frame.type === "live");
  const hello = await hub.invoke("Hello", { cursor });
  if (hello.type !== "ok") throw new Error(JSON.stringify(hello));
  await live;
  return { hub, closed };
}

let { hub, closed } = await connect();
say("live");

// Many at once, while the other one writes too.
const { count } = await read();
const acks = await Promise.all(Array.from({ length: count }, (_, i) =>
  hub.invoke("Send", { id: i, conversationId, clientMessageId: randomUUID(), text: `js ${i}` })));
const seqs = acks.map(ack => ack.seq);
const answers = {
  edit: await hub.invoke("Edit", { conversationId, seq: seqs[0], clientMessageId: randomUUID(), text: "edited by js" }),
  react: await hub.invoke("React", { conversationId, seq: seqs[1], clientMessageId: randomUUID(), emoji: "👍" }),
  delete: await hub.invoke("Delete", { conversationId, seq: seqs[2], clientMessageId: randomUUID() }),
  mark: await hub.invoke("Mark", { conversationId, read: seqs[2] }),
  typing: await hub.invoke("Typing", { conversationId }),
  heartbeat: await hub.invoke("Heartbeat"),
  bad: await hub.invoke("Send", { conversationId, text: 5 }),
  unknown: await hub.invoke("NoSuchMethod").catch(error => ({ type: "thrown", message: error.message })),
};
say("sent", { seqs, answers: Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, answer.problem?.code ?? answer.type])) });

// A cursor that covers everything up to the entry that the other one names; then away.
const { last } = await read();
while (covered < last) await until(() => true);
if ((await hub.invoke("Cursor", { cursor })).type !== "ok") throw new Error("cursor");
await hub.stop();
const before = entries.size;
say("away");

await read();
({ hub, closed } = await connect());
say("back", { came: entries.size - before, doubled, entries: [...entries.keys()].sort((a, b) => a - b) });

const end = until(frame => frame.type === "close");
await read();
const { code, reason } = await end;
say("closed", { code, reason, error: await closed });
process.exit(0);
