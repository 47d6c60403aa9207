"""Loops of tools by Python's libraries of agents against the matrix. The first line of input says where that is."""

import asyncio
import json
import os
import sys
import traceback

os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

from agents import Agent, OpenAIProvider, RunConfig, Runner, SQLiteSession, function_tool
from anthropic import Anthropic, beta_tool
from google import genai
from google.genai import types

matrix = json.loads(sys.stdin.readline())
url, key = matrix["url"], matrix["key"]
written = 'sample "text" ü'


def check(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def anthropic_runner(model, stream):
    called = []

    @beta_tool
    def get_weather(city: str) -> str:
        """Tells the weather.

        Args:
            city: where
        """
        called.append(city)
        return "clear ü"

    client = Anthropic(api_key=key, base_url=url, max_retries=0)
    runner = client.beta.messages.tool_runner(
        model=f"{model}-text-and-tools",
        max_tokens=1000,
        tools=[get_weather],
        messages=[{"role": "user", "content": "Weather?"}],
        stream=stream,
    )
    last = None
    for turn in runner:
        last = turn.get_final_message() if stream else turn
    check(called, [written])
    check(last.stop_reason, "end_turn")
    check("".join(block.text for block in last.content if block.type == "text"), "The tool said: clear ü")


def google_calling(model, stream):
    called = []

    def get_weather(city: str) -> str:
        """Tells the weather."""
        called.append(city)
        return "clear ü"

    client = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))
    config = types.GenerateContentConfig(tools=[get_weather], system_instruction="Be brief.")
    chat = client.chats.create(model=f"{model}-text-and-tools", config=config)
    if stream:
        text = "".join(chunk.text or "" for chunk in chat.send_message_stream("Weather?"))
    else:
        text = chat.send_message("Weather?").text
    check(called, [written])
    # The library wraps what a function returns.
    check(json.loads(text.split("The tool said: ")[1]) if "{" in text else text, {"result": "clear ü"})


def openai_agents(model, stream, responses):
    called = []

    @function_tool
    def get_weather(city: str) -> str:
        """Tells the weather."""
        called.append(city)
        return "clear ü"

    async def turns():
        provider = OpenAIProvider(api_key=key, base_url=f"{url}/v1", use_responses=responses)
        session = SQLiteSession("s")
        agent = Agent(name="Weather", instructions="Be brief.", tools=[get_weather])
        said = None
        for scenario in ("thinking", "text-and-tools", "text"):
            config = RunConfig(model=f"{model}-{scenario}", model_provider=provider, tracing_disabled=True)
            if stream:
                result = Runner.run_streamed(agent, f"turn {scenario}", session=session, run_config=config)
                async for _ in result.stream_events():
                    pass
            else:
                result = await Runner.run(agent, f"turn {scenario}", session=session, run_config=config)
            said = result.final_output
            if scenario == "text-and-tools":
                check(said, "The tool said: clear ü")
        check(said, "You said: turn text")
        check(called, [written])

    loop.run_until_complete(turns())


loop = asyncio.new_event_loop()
failures = 0
for model in matrix["models"]:
    for stream in (False, True):
        loops = [
            ("anthropic tool_runner", lambda: anthropic_runner(model, stream)),
            ("google-genai automatic function calling", lambda: google_calling(model, stream)),
            ("openai-agents over Responses", lambda: openai_agents(model, stream, True)),
            ("openai-agents over Chat Completions", lambda: openai_agents(model, stream, False)),
        ]
        for name, run in loops:
            # Bytes for its own vendor pass; the simulated one judges spellings that Google reads.
            if name.startswith("google-genai") and model.startswith("gemini/"):
                continue
            try:
                run()
            except Exception:
                failures += 1
                print(f"{name} with {model}, {'streamed' if stream else 'unary'}: FAILED", file=sys.stderr)
                print(traceback.format_exc().splitlines()[-1][:500], file=sys.stderr)
print(f"{failures} failures")
sys.exit(1 if failures else 0)
