"""The forms in which a document reaches a Windows machine: the registry's value, a script for Intune, a template for
Group Policy.

The client reads the text value `Settings` of HKLM\\SOFTWARE\\Policies\\ClaudeCode, by what `reg query` prints of it:
one line, JSON (read in client 2.1.197, tried by way of WSL; its own template says the same, anthropics/claude-code
examples/mdm, 2026). It goes before the file in Program Files, which is then ignored whole, and is read again every 30
minutes. Not HKCU's, which a person may write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from rollout.macs.places import PLACES, POLICY_KEY, POLICY_VALUE, Platform

# Of Intune's platform scripts (Microsoft Learn, Use PowerShell scripts on Windows devices in Intune).
MAX_SCRIPT_BYTES = 200_000
# Of a text in a template; the registry takes a megabyte.
MAX_TEXT = 1_000_000
# Where a template keeps what is in it apart from others'.
_NAMESPACE = "ClaudeCodeRollout.Policies"


def registry_value(document: Mapping[str, Any]) -> str:
    """On one line, in ASCII: what a console's code page would change is escaped."""
    return json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=True)


def as_reg(document: Mapping[str, Any]) -> bytes:
    """A file that `reg import` takes: UTF-16 with a mark, CRLF (Microsoft support, .reg files)."""
    value = registry_value(document).replace("\\", "\\\\").replace('"', '\\"')
    key = POLICY_KEY.replace("HKLM", "HKEY_LOCAL_MACHINE")
    lines = ["Windows Registry Editor Version 5.00", "", f"[{key}]", f'"{POLICY_VALUE}"="{value}"', ""]
    return b"\xff\xfe" + "\r\n".join(lines).encode("utf-16-le")


_SET = r"""<#
Claude Code for {name}: managed settings into the registry, the AWS profile beside them.

Intune: Devices > Scripts and remediations > Platform scripts > Add, Windows 10 and later.
  Run this script using the logged on credentials: No. Run script in 64 bit PowerShell Host: Yes.
Any other tool that runs a script as SYSTEM will do. Safe to repeat.
#>
$ErrorActionPreference = 'Stop'

# In a 32-bit host ProgramFiles is another folder, which Claude Code never reads.
$programs = if ($env:ProgramW6432) {{ $env:ProgramW6432 }} else {{ $env:ProgramFiles }}
$folder = Join-Path $programs 'ClaudeCode'
$key = '{key}'

$settings = @'
{settings}
'@
{profile}
if (-not (Test-Path $key)) {{ New-Item -Path $key -Force | Out-Null }}
New-ItemProperty -Path $key -Name '{value}' -PropertyType String -Value $settings -Force | Out-Null
if ((Get-ItemProperty -Path $key).{value} -cne $settings) {{ throw "$key does not hold what was written" }}

# One source on a machine: the registry goes before the file, which would be in force once the value is gone.
Remove-Item (Join-Path $folder 'managed-settings.json') -Force -ErrorAction SilentlyContinue
Write-Output "Claude Code: the settings are in $key"
"""
# The settings name it, so it is there before them.
_PROFILE = r"""
$awsConfig = @'
{aws_config}
'@
New-Item -ItemType Directory -Path $folder -Force | Out-Null
$utf8 = New-Object System.Text.UTF8Encoding($false)
[System.IO.File]::WriteAllText((Join-Path $folder 'aws-config'), $awsConfig, $utf8)
"""
_REMOVE = r"""<#
Takes from a Windows machine all that this rollout put there for Claude Code. Run it as SYSTEM; safe to repeat.
#>
$ErrorActionPreference = 'Stop'
$programs = if ($env:ProgramW6432) {{ $env:ProgramW6432 }} else {{ $env:ProgramFiles }}
$folder = Join-Path $programs 'ClaudeCode'
Remove-ItemProperty -Path '{key}' -Name '{value}' -ErrorAction SilentlyContinue
foreach ($name in 'managed-settings.json', 'aws-config') {{
  Remove-Item (Join-Path $folder $name) -Force -ErrorAction SilentlyContinue
}}
if ((Get-ItemProperty -Path '{key}' -ErrorAction SilentlyContinue).{value}) {{ throw 'the value is still there' }}
Write-Output 'Claude Code: no settings of this rollout are left'
"""


def intune_script(document: Mapping[str, Any], name: str, aws_config: str | None) -> str:
    """`name`: of the recipients. Texts go in as they are: in a single-quoted here-string nothing is expanded. Raises
    ValueError for one that would end it."""
    profile = ""
    if aws_config is not None:
        if any(line.startswith("'@") for line in aws_config.splitlines()) or not aws_config.isascii():
            raise ValueError("an AWS profile that no script can hold")
        profile = _PROFILE.format(aws_config=aws_config.rstrip("\n"))
    text = _SET.format(name=name, key=_drive(), value=POLICY_VALUE, settings=registry_value(document), profile=profile)
    if len(text) > MAX_SCRIPT_BYTES:
        raise ValueError(f"longer than the {MAX_SCRIPT_BYTES:,} bytes that Intune takes")
    return _crlf(text)


def removal_script() -> str:
    return _crlf(_REMOVE.format(key=_drive(), value=POLICY_VALUE))


def _drive() -> str:
    return POLICY_KEY.replace("HKLM", "HKLM:", 1)


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def admx() -> str:
    """A template with one policy, whose text is the value `Settings`: `ClaudeCode.admx`, for a central store or
    Intune's *Import ADMX*. What is typed into it is `registry-value.json`."""
    key = escape(POLICY_KEY.partition("\\")[2])
    return f"""<?xml version="1.0" encoding="utf-8"?>
<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <policyNamespaces>
    <target prefix="claudecode" namespace="{_NAMESPACE}" />
    <using prefix="windows" namespace="Microsoft.Policies.Windows" />
  </policyNamespaces>
  <resources minRequiredRevision="1.0" />
  <categories>
    <category name="ClaudeCode" displayName="$(string.ClaudeCode)" />
  </categories>
  <policies>
    <policy name="ManagedSettings" class="Machine" displayName="$(string.ManagedSettings)" explainText="$(string.ManagedSettingsHelp)" presentation="$(presentation.ManagedSettings)" key="{key}">
      <parentCategory ref="ClaudeCode" />
      <supportedOn ref="windows:SUPPORTED_Windows_10_0" />
      <elements>
        <text id="ManagedSettingsText" valueName="{POLICY_VALUE}" maxLength="{MAX_TEXT}" required="true" />
      </elements>
    </policy>
  </policies>
</policyDefinitions>
"""  # noqa: E501


def adml() -> str:
    """The English words of `admx`: `en-US/ClaudeCode.adml`."""
    return """<?xml version="1.0" encoding="utf-8"?>
<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <displayName>Claude Code</displayName>
  <description>Managed settings of Claude Code</description>
  <resources>
    <stringTable>
      <string id="ClaudeCode">Claude Code</string>
      <string id="ManagedSettings">Managed settings</string>
      <string id="ManagedSettingsHelp">The whole content of registry-value.json, one line of JSON, as `rollout settings` writes it for a cohort. Claude Code reads it at its start and every 30 minutes; a managed-settings.json in Program Files is ignored meanwhile.</string>
    </stringTable>
    <presentationTable>
      <presentation id="ManagedSettings">
        <textBox refId="ManagedSettingsText">
          <label>Settings, one line of JSON:</label>
        </textBox>
      </presentation>
    </presentationTable>
  </resources>
</policyDefinitionResources>
"""  # noqa: E501


def where() -> str:
    """What the registry's form goes to, for a person."""
    return f"{POLICY_KEY}, value {POLICY_VALUE} (in place of {PLACES[Platform.WINDOWS].settings})"
