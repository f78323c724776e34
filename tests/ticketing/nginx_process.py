"""Run the shipped configuration of nginx as one program in a folder of its own."""

from pathlib import Path

_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def nginx_command(folder: Path, servers: str) -> list[str]:
    """Write a configuration with these servers into a folder; answers the command that runs it in the foreground."""
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in _KINDS)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{servers}\n}}\n"
    )
    return ["nginx", "-p", str(folder), "-e", str(folder / "error"), "-c", str(folder / "nginx.conf")]
