// Runs ahead of the gateway: a system on which sockets cannot share a port, as macOS and Windows.
import { Server } from "node:net";

const listen = Server.prototype.listen;
Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
  const [options] = args;
  if (
    typeof options === "object" &&
    options !== null &&
    Reflect.get(options, "reusePort") === true
  ) {
    const error = Object.assign(new Error("listen ENOTSUP"), {
      code: "ENOTSUP",
      syscall: "listen",
    });
    setImmediate(() => this.emit("error", error));
    return this;
  }
  return Reflect.apply(listen, this, args);
};
