# Presidio's analyzer and anonymizer behind the paths of its containers, whose server is not in its packages. Without a
# model of language, which is no package either: it finds what patterns find.
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import spacy
from presidio_analyzer import AnalyzerEngine, AnalyzerRequest, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_anonymizer import AnonymizerEngine
from presidio_anonymizer.entities import OperatorConfig, RecognizerResult


class BlankEngine(SpacyNlpEngine):
    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}])
        self.nlp = {"en": spacy.blank("en")}

    def load(self):
        pass


registry = RecognizerRegistry()
registry.load_predefined_recognizers(languages=["en"])
analyzer = AnalyzerEngine(nlp_engine=BlankEngine(), registry=registry, supported_languages=["en"])
anonymizer = AnonymizerEngine()


def analyze(content):
    request = AnalyzerRequest(content)
    results = analyzer.analyze(
        text=request.text,
        language=request.language,
        entities=request.entities,
        score_threshold=request.score_threshold,
        ad_hoc_recognizers=request.ad_hoc_recognizers,
    )
    return [
        {key: value for key, value in result.to_dict().items() if key != "recognition_metadata"}
        for result in results
    ]


def anonymize(content):
    result = anonymizer.anonymize(
        text=content["text"],
        analyzer_results=[RecognizerResult.from_json(found) for found in content["analyzer_results"]],
        operators={
            entity: OperatorConfig.from_json(operator)
            for entity, operator in content.get("anonymizers", {}).items()
        },
    )
    return json.loads(result.to_json())


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        content = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = {"/analyze": analyze, "/anonymize": anonymize}[self.path](content)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
print("listening", server.server_address, flush=True)
server.serve_forever()
