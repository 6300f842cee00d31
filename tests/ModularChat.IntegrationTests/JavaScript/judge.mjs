// A push service that others have written, as the judge of our Web Push: it checks headers and signature, and decrypts. For PushJudgeTests.cs.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { PushApiModel } = require("web-push-testing/src/PushApiModel");
const exported = require("web-push-testing/src/server");
const WebPushTestingServer = exported.WebPushTestingServer ?? exported;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value);
const say = line => console.log(JSON.stringify(line));

/** Its own server listens everywhere; this one on loopback, on any free port. */
class Loopback extends WebPushTestingServer {
  listen(model) {
    return new Promise(resolve => {
      this._server = this._app.listen(0, "127.0.0.1", () => {
        model.notifyUrl = `http://127.0.0.1:${this._server.address().port}/notify/`;
        resolve();
      });
      this.setRequestHandlers();
    });
  }
}

const { key } = await next();
const model = new PushApiModel();
await new Loopback(model, 1).listen(model);
const subscription = await model.subscribe({ userVisibleOnly: "true", applicationServerKey: key });
const url = text => Buffer.from(text, "base64").toString("base64url");
say({ step: "subscribed", endpoint: subscription.endpoint, p256dh: url(subscription.keys.p256dh), auth: url(subscription.keys.auth) });

await next();
let messages;
do {
  await new Promise(resolve => setTimeout(resolve, 50));
  messages = model.getNotifications({ clientHash: subscription.clientHash }).messages;
} while (messages.length === 0);
say({ step: "received", text: messages[0] });
await next();
process.exit(0);
