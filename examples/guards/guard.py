# A guard of your own in Python, without any package: it finds the names of projects that nobody outside should read.
#   python3 examples/guards/guard.py
# Ask it in the gateway's configuration:
#   guards:
#     - name: projects
#       rpc: { url: { value: "http://127.0.0.1:9002" } }
#       action: MASK
import json
import os
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET_NAMES = re.compile(r"\b(bluebird|nightjar)\b", re.IGNORECASE)


def check_texts(texts):
    findings = [
        {
            "findings": [
                {"start": found.start(), "end": found.end(), "kind": "PROJECT"}
                for found in SECRET_NAMES.finditer(text)
            ]
        }
        for text in texts
    ]
    if not any(one["findings"] for one in findings):
        return {"action": "CHECK_ACTION_PASS"}
    # Python counts code points.
    return {
        "action": "CHECK_ACTION_MASK",
        "unit": "TEXT_UNIT_CODE_POINTS",
        "findings": findings,
    }


class Guard(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path != "/parlance.guard.v1.GuardCheckService/CheckTexts":
            return self.answer(404, {"code": "unimplemented"})
        self.answer(200, check_texts(json.loads(body).get("texts", [])))

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass  # Texts that are checked are nobody's business.


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9002"))), Guard)
    print("listening", server.server_address, flush=True)
    server.serve_forever()
