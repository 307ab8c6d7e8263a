"""What strangers make of the rules: a linter of assistants' files reads every golden tree and this repository's own
files, and the official MCP client for Python talks to `sellonce rules mcp`. Run by ./test, which installs both:

    python strangers.py AGNIX SELLONCE
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mcp import ClientSession, MCPError, StdioServerParameters, stdio_client

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
AGNIX, SELLONCE = (Path(argument).resolve() for argument in sys.argv[1:3])

# Text that an assistant's tokenizer would make no more than a token of three characters of.
SCHEMA_CHARACTERS_MAX = 1_500 * 3

RACE = """async function buy(sku, n) {
  const item = await prisma.inventory.findUnique({ where: { sku } });
  if (item.available < n) throw new Error("sold out");
  await prisma.inventory.update({ where: { sku }, data: { available: item.available - n } });
}"""


def lint(folder):
    """The linter's errors and warnings, and how many files it read."""
    run = subprocess.run([AGNIX, "--strict", "--format", "json", folder], capture_output=True, text=True)
    told = json.loads(run.stdout)
    wrong = [one for one in told["diagnostics"] if one["level"] != "info"]
    return [f"{one['file']}:{one['line']}: {one['rule']} {one['message']}" for one in wrong], told["files_checked"]


def lint_everything():
    with tempfile.TemporaryDirectory() as scratch:
        for golden in sorted((HERE / "golden").iterdir()):
            tree = Path(scratch) / golden.name
            shutil.copytree(golden, tree)
            (tree / "matrix.txt").unlink()
            wrong, files = lint(tree)
            assert not wrong, "\n".join(wrong)
            assert files >= 5, f"{golden.name}: only {files} files were looked at"
            print(f"agnix: {golden.name} is clean ({files} files)")
        lint_own(Path(scratch) / "own")
        # The linter is no better than what it was seen to catch.
        skill = Path(scratch) / "cursor/.agents/skills/commerce-money/SKILL.md"
        skill.write_text(skill.read_text().replace("name: commerce-money", "name: Commerce Money"))
        rule = Path(scratch) / "cursor/.cursor/rules/acme-acm001.mdc"
        rule.write_text(rule.read_text().replace("alwaysApply: false", "alwaysApply: perhaps"))
        caught = "\n".join(lint(Path(scratch) / "cursor")[0])
        assert "AS-004" in caught and "CUR-008" in caught, f"the planted mistakes were not caught:\n{caught}"
    print("agnix: planted mistakes are caught")


def lint_own(tree):
    """The files for assistants of this repository, without its golden trees and bad examples."""
    for name in [".agents", ".claude", ".github", "AGENTS.md", "CLAUDE.md"]:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name)
        else:
            tree.mkdir(exist_ok=True)
            shutil.copy(source, tree / name)
    # What AGENTS.md links to must be there, or the linter would find the links broken.
    for page in ROOT.glob("*.md"):
        shutil.copy(page, tree / page.name)
    shutil.copytree(ROOT / "docs", tree / "docs")
    wrong, files = lint(tree)
    assert not wrong, "\n".join(wrong)
    print(f"agnix: this repository's own files are clean ({files} files)")


async def talk(folder):
    server = StdioServerParameters(command=str(SELLONCE), args=["rules", "mcp"], cwd=folder)
    async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as client:
        hello = await client.initialize()
        assert hello.server_info.name == "sellonce-rules", hello
        tools = (await client.list_tools()).tools
        names = [tool.name for tool in tools]
        assert names == ["rules_for_paths", "get_rule", "get_template", "check_code", "explain_finding"], names
        schema = json.dumps([tool.model_dump(exclude_none=True) for tool in tools])
        assert len(schema) < SCHEMA_CHARACTERS_MAX, f"{len(schema)} characters of schema"

        async def call(name, **arguments):
            result = await client.call_tool(name, arguments)
            return result.content[0].text, bool(result.is_error)

        for name, arguments, expect in [
            ("rules_for_paths", {"paths": ["src/checkout.ts"]}, "INV001"),
            ("get_rule", {"id": "inv001"}, "## Don't"),
            ("explain_finding", {"id": "PAY001"}, "Not a mistake if"),
            ("get_template", {"id": "INV001", "stack": "ts-pg"}, "rowCount !== 1"),
            ("check_code", {"path": "buy.ts", "text": RACE}, "INV001"),
        ]:
            text, failed = await call(name, **arguments)
            assert expect in text and not failed, f"{name}: {text}"

        # What is wrong is answered, and the server lives on.
        for name, arguments in [
            ("get_rule", {"id": "XYZ999"}),
            ("get_rule", {}),
            ("get_rule", {"id": 7}),
            ("get_rule", {"colour": "red"}),
            ("rules_for_paths", {"paths": "src"}),
            ("check_code", {"path": "a.cobol", "text": ""}),
            ("check_code", {"path": "a.ts", "text": "x" * 2_000_000}),
            ("get_template", {"id": "INV001", "stack": "cobol"}),
            ("nothing", {}),
        ]:
            text, failed = await call(name, **arguments)
            assert failed, f"{name} {arguments.keys()}: {text[:80]}"
        for wrong in [client.read_resource("rule://nothing"), client.get_prompt("nothing")]:
            try:
                await wrong
            except MCPError:
                continue
            raise AssertionError("a wrong name was not refused")

        resources = (await client.list_resources()).resources
        assert len(resources) == 16, resources
        assert "gift" in (await client.read_resource("rule://LIM001")).contents[0].text
        assert "PRC002" in (await client.read_resource("skill://commerce-money")).contents[0].text
        assert len((await client.list_prompts()).prompts) == 2
        plan = await client.get_prompt("plan_saga", {"stack": "ts-pg"})
        assert "CHK002" in plan.messages[0].content.text, plan
        print(f"mcp: {len(tools)} tools, {len(schema)} characters of schema, {len(resources)} resources")


if __name__ == "__main__":
    lint_everything()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(talk(folder))
