# SPDX-License-Identifier: MIT
"""What is run to see what it takes of the library: test programs, and a short campaign on each kind of machine."""
import concurrent.futures
import os
import subprocess
import sys

ISAS = ["riscv", "x86", "arm", "arm3"]
TIMEOUT_S = 900


def commands(tests, campaign, seeds):
    return [[os.path.abspath(t)] for t in tests] + \
        [[campaign, "--quiet", "--jobs", "1", "--isa", isa, "--seeds", str(seeds)] for isa in ISAS]


def run_one(command, env):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S,
                              env={**os.environ, **env})
        return command, done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return command, None, "timed out"


def run_all(what, jobs, env_of=lambda number: {}):
    """How many failed. @env_of(n) is added to the environment of the n-th."""
    failed = 0
    envs = [env_of(n) for n in range(len(what))]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for count, (command, status, said) in enumerate(pool.map(run_one, what, envs), 1):
            failed += status != 0
            if status != 0:
                print(f"FAIL [{count}/{len(what)}] {' '.join(command)}: {said[-400:]}", flush=True)
            elif sys.stdout.isatty():
                print(f"\r[{count}/{len(what)}] {command[0][-50:]:50}", end="", flush=True)
    print()
    return failed
