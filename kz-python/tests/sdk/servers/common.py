"""What is the same to the letter in the servers of every SDK that has decorators."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from .leaks import LEAKS, UnprintableError, beside, group, guarded


class Answer(BaseModel):
    value: str
    items: dict[str, list[str]] = {}


class Choice(BaseModel):
    ok: bool = True


def add_handlers(server: Any, tool_failure: type[Exception], resource_failure: type[Exception]) -> None:
    """`tool_failure` and `resource_failure` are what the SDK has a handler raise."""
    add_tools(server, tool_failure)
    add_resources(server, resource_failure)
    add_prompts(server)


def add_tools(server: Any, failure: type[Exception]) -> None:
    @server.tool(description=f"reads {LEAKS['TOOL_DESCRIPTION']}")
    def text() -> str:
        return f"dsn={LEAKS['TEXT']};"

    @server.tool()
    def structured() -> Answer:
        return Answer(value=LEAKS["STRUCTURED"], items={LEAKS["KEY"]: ["x"]})

    @server.tool()
    def tool_error() -> str:
        raise failure(f"cannot connect with {LEAKS['TOOL_ERROR']}")

    @server.tool()
    def crash() -> str:
        raise RuntimeError(f"cannot connect with {LEAKS['CRASH']}")

    @server.tool()
    def unprintable() -> str:
        raise UnprintableError

    @server.tool()
    def typed(number: Annotated[int, Field(description=f"not {LEAKS['ARGUMENT_DESCRIPTION']}")]) -> str:
        return str(number)

    @server.tool()
    async def task_group() -> str:
        await group()
        return "done"

    @server.tool()
    async def process() -> str:
        await beside()
        return "done"


def add_resources(server: Any, failure: type[Exception]) -> None:
    @server.resource("memory://text", description=f"holds {LEAKS['RESOURCE_DESCRIPTION']}")
    def resource() -> str:
        return f"the resource has {LEAKS['RESOURCE']}"

    @server.resource("memory://broken")
    def broken_resource() -> str:
        raise failure(f"no {LEAKS['RESOURCE_ERROR']}")

    @server.resource("memory://items/{name}", description=f"holds {LEAKS['TEMPLATE_DESCRIPTION']}")
    def template(name: str) -> str:
        return f"{name} has {LEAKS['TEMPLATE']}"


def add_prompts(server: Any) -> None:
    @server.prompt(description=f"like {LEAKS['DESCRIPTION']}")
    def prompt() -> str:
        return f"the prompt has {LEAKS['PROMPT']}"

    @server.prompt()
    def broken_prompt() -> str:
        raise RuntimeError(f"no {LEAKS['PROMPT_ERROR']}")


def run(server: Any) -> None:
    """Serves over stdio, and crashes at the end."""
    try:
        guarded(server).run()
    finally:
        raise RuntimeError(f"crashed with {LEAKS['EXCEPTHOOK']}")
