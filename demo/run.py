#!/usr/bin/python3
"""Forewarn on this host, until Ctrl-C: what `./dev run` starts."""

import argparse
import shutil
import sys
import threading
from pathlib import Path

from stack import ROOT, Failure, Stack, alone_in, stop_on_signals


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=Path, required=True, help="folder of the built programs")
    parser.add_argument("--data", type=Path, required=True, help="kept from one run to the next")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs left")
    options = parser.parse_args()
    stop_on_signals()
    try:
        with alone_in(options.data):
            if options.fresh:
                shutil.rmtree(options.data, ignore_errors=True)
            with Stack(options.programs, options.data) as stack:
                start(stack)
                show(stack)
                watch(stack)
    except KeyboardInterrupt:
        print("\nstopped")
        return 0
    except Failure as failure:
        print(f"dev run: {failure}", file=sys.stderr)
        return 1


def start(stack):
    stack.start_sink()
    stack.configure_collector(grpc_port=7443, http_port=7480)
    stack.start_collector()
    if stack.has_bundle():
        print("The bundle that was applied before stays in force; --fresh begins again with the demonstration's.")
    else:
        stack.apply(ROOT / "demo/bundle", ROOT / "rules/packs/host.yaml")
    stack.configure_probe("probe")
    if not stack.is_enrolled("probe"):
        stack.enrol_probe("probe", "acme", "this-host")
    stack.start_probe("probe")


def show(stack):
    ctl = " ".join(word.replace(f"{ROOT}/", "") for word in stack.ctl_command())
    print(f"""
Forewarn is running, with a probe on this host, enrolled for the customer `acme`. Ctrl-C stops all of it.

  probes push to   127.0.0.1:{stack.grpc_port}   (mutual TLS)
  metrics          http://127.0.0.1:{stack.http_port}/metrics   (also /livez and /readyz)
  mail             {stack.mails.relative_to(ROOT)}/   (what would have been sent)
  logs             {(stack.data / 'collector.log').relative_to(ROOT)}, {(stack.data / 'probe.log').relative_to(ROOT)}

Ask it:

  alias fw='{ctl}'
  fw probes list
  fw query --customer acme 'node_load1'
  fw alerts list
  fw tickets list
""", flush=True)


def watch(stack):
    pause = threading.Event()
    while True:
        for process in stack.processes():
            if process.ended():
                raise Failure(f"{process.name} ended with code {process.code()}:\n{process.tail()}")
        pause.wait(0.5)


if __name__ == "__main__":
    sys.exit(main())
