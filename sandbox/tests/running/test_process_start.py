"""The sandbox as a process: how it starts and stops."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import closing
from dataclasses import replace

from sandbox import server
from sandbox.settings import HOST, Settings
from sandbox.tests.ports import free_port, free_ports
from sandbox.tests.running.process_harness import client, command


def test_start_waits_until_all_of_it_answers_and_a_second_start_finds_them(settings: Settings):
    pid = server.start(settings)
    assert (
        server.health(settings.aws_url)
        == server.health(settings.okta_url)
        == server.health(settings.jamf_url)
        == server.Health(pid=pid, names=("aws", "okta", "jamf"))
    )
    assert server.start(settings) == pid
    assert command(settings, "status").returncode == 0


def test_a_shell_of_a_sandbox_that_does_not_answer_is_told(settings: Settings):
    assert "No sandbox runs" in command(settings, "env").stderr
    assert command(settings, "start").returncode == 0
    assert command(settings, "env").stderr == ""
    elsewhere = command(replace(settings, aws_port=free_port()), "env")
    assert elsewhere.returncode == 0
    assert "if it was started on other ports, export SANDBOX_AWS_PORT" in elsewhere.stderr


def test_what_answers_but_speaks_no_http_is_not_the_sandbox():
    with socket.create_server((HOST, 0)) as other:

        def answer() -> None:
            caller, _ = other.accept()
            with caller:
                caller.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert server.health(f"http://{HOST}:{other.getsockname()[1]}") is None
        thread.join()


def test_stop_ends_it_once_and_says_so(settings: Settings):
    assert command(settings, "start").returncode == 0
    assert command(settings, "stop").stdout.startswith("Sandbox stopped")
    assert server.health(settings.aws_url) is None
    again = command(settings, "stop")
    assert (again.returncode, again.stdout) == (0, "Sandbox does not run\n")
    assert command(settings, "status").returncode == 1


def test_a_busy_port_is_one_line_that_names_the_port_and_its_variable(settings: Settings):
    with closing(socket.socket()) as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        taken = replace(settings, okta_port=port)
        for verb in ("start", "serve"):
            result = command(taken, verb)
            assert result.returncode == 1
            assert result.stderr == f"sandbox: Port {port} is in use; set SANDBOX_OKTA_PORT to a free one\n"


def test_one_home_has_one_process(settings: Settings):
    server.start(settings)
    other = replace(settings, **free_ports())
    result = command(other, "serve")
    assert result.returncode == 1
    assert result.stderr.startswith("sandbox: Already running for this home")


def test_a_pid_file_left_by_a_crash_is_not_believed(settings: Settings):
    settings.home.mkdir(parents=True)
    server.pid_file(settings).write_text(f"{os.getpid()}\n")
    assert server.running(settings) is None
    assert server.stop(settings) is None
    assert server.start(settings) != os.getpid()


def test_a_killed_process_has_lost_nothing_that_was_answered(settings: Settings):
    pid = server.start(settings)
    client(settings, "iam").create_user(UserName="alice")
    os.kill(pid, signal.SIGKILL)
    while server.running(settings):
        time.sleep(0.02)
    server.start(settings)
    assert [user["UserName"] for user in client(settings, "iam").list_users()["Users"]] == ["alice"]
